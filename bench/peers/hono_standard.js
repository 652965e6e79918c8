// Standard Webhooks with Hono and standardwebhooks.

import { Hono } from "hono";
import { Webhook } from "standardwebhooks";
import { take } from "./job.js";

const app = new Hono();

app.post("/webhooks/receive/standard", async (c) => {
  const body = await c.req.text();
  let event;
  try {
    event = new Webhook(c.env.STANDARD_SECRET).verify(body, c.req.header());
  } catch {
    return c.json({ error: "bad signature" }, 401);
  }
  const id = c.req.header("webhook-id");
  const status = await take(c.env, id, event.type, body);
  return c.json({ status, id });
});

export default app;
