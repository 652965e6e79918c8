// Svix webhooks with Hono and svix.

import { Hono } from "hono";
import { Webhook } from "svix";
import { take } from "./job.js";

const app = new Hono();

app.post("/webhooks/receive/svix", async (c) => {
  const body = await c.req.text();
  let event;
  try {
    new Webhook(c.env.SVIX_SECRET).verify(body, c.req.header());
    event = JSON.parse(body);
  } catch {
    return c.json({ error: "bad signature" }, 401);
  }
  const id = c.req.header("svix-id");
  const status = await take(c.env, id, event.type, body);
  return c.json({ status, id });
});

export default app;
