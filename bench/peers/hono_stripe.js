// Stripe's webhooks with Hono and stripe-node, as Stripe's own example for Workers has it.

import { Hono } from "hono";
import Stripe from "stripe";
import { take } from "./job.js";

const app = new Hono();
const stripe = new Stripe("sk_test_bench", { httpClient: Stripe.createFetchHttpClient() });
const crypto = Stripe.createSubtleCryptoProvider();

app.post("/webhooks/receive/stripe", async (c) => {
  const signature = c.req.header("stripe-signature");
  if (!signature) return c.json({ error: "malformed" }, 400);
  const body = await c.req.text();
  let event;
  try {
    event = await stripe.webhooks.constructEventAsync(body, signature, c.env.STRIPE_SECRET, undefined, crypto);
  } catch {
    return c.json({ error: "bad signature" }, 401);
  }
  const status = await take(c.env, event.id, event.type, body);
  return c.json({ status, id: event.id });
});

export default app;
