// GitHub's webhooks with Hono and @octokit/webhooks-methods.

import { verify } from "@octokit/webhooks-methods";
import { Hono } from "hono";
import { take } from "./job.js";

const app = new Hono();

app.post("/webhooks/receive/github", async (c) => {
  const signature = c.req.header("x-hub-signature-256");
  const id = c.req.header("x-github-delivery");
  if (!signature || !id) return c.json({ error: "malformed" }, 400);
  const body = await c.req.text();
  if (!(await verify(c.env.GITHUB_WEBHOOK_SECRET, body, signature))) {
    return c.json({ error: "bad signature" }, 401);
  }
  const status = await take(c.env, id, c.req.header("x-github-event"), body);
  return c.json({ status, id });
});

export default app;
