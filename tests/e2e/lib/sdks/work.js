// Files, pages and other webhooks' services.

import { randomUUID } from "node:crypto";
import { signWebhookPayload, verifyWebhookSignature } from "@notionhq/client";
import { WebhooksManager } from "box-node-sdk/managers";
import { verifyWebhookSignature as hook0 } from "hook0-client";
import { fresh } from "../bodies.js";
import { hmac, now } from "../sign.js";
import { JSON_TYPE } from "./kit.js";

const BOX_KEY = "box_key_of_the_tests";
const OTHER_BOX_KEY = "another_box_key";

/**
 * Both keys sign everything, so that either can be changed; `ours` is the one that the source has.
 *
 * @type {(ours: "primary" | "secondary") => import("./kit.js").Sdk}
 */
const box = (ours) => ({
  package: "box-node-sdk",
  provider: "box",
  window: "checked",
  form: `the ${ours} key`,
  secret: BOX_KEY,
  send() {
    const [id, at] = [randomUUID(), new Date().toISOString().replace(/\.\d+/, "")];
    // Box escapes what is not ASCII.
    const body = `{"type":"webhook_event","id":"${id}","trigger":"FILE.UPLOADED","source":{"name":"T\\u00fcr.txt"}}`;
    const [our, other] = [BOX_KEY, OTHER_BOX_KEY].map((key) => hmac(key, body + at, "base64"));
    const headers = {
      ...JSON_TYPE,
      "box-delivery-id": randomUUID(),
      "box-delivery-timestamp": at,
      "box-signature-algorithm": "HmacSHA256",
      "box-signature-version": "1",
      "box-signature-primary": ours === "primary" ? our : other,
      "box-signature-secondary": ours === "primary" ? other : our,
    };
    return { body, headers, id, type: "FILE.UPLOADED" };
  },
  accepts: ({ body, headers }) =>
    ours === "primary"
      ? WebhooksManager.validateMessage(body, headers, BOX_KEY)
      : WebhooksManager.validateMessage(body, headers, "an old key", { secondaryKey: BOX_KEY }),
});

/** @type {(form: string, names?: string[]) => import("./kit.js").Sdk} */
const ofHook0 = (form, names) => ({
  package: "hook0-client",
  provider: "hook0",
  window: "checked",
  form,
  secret: "5ac4b8f2-hook0-secret-of-the-tests",
  send() {
    const [id, at] = [randomUUID(), now()];
    const body = fresh({ order: 7, city: "Köln" });
    /** @type {Record<string, string>} */
    const headers = { ...JSON_TYPE, "x-event-id": id, "x-event-type": "shop.order.created" };
    const [version, parts] = names
      ? [`h=${names.join(" ")},v1`, [at, names.join(" "), ...names.map((name) => headers[name]), body]]
      : ["v0", [at, body]];
    headers["x-hook0-signature"] = `t=${at},${version}=${hmac(this.secret, parts.join("."), "hex")}`;
    return { body, headers, id, type: "shop.order.created" };
  },
  accepts({ body, headers }) {
    return hook0(headers["x-hook0-signature"], Buffer.from(body), new Headers(headers), this.secret, 300);
  },
});

/** @type {import("./kit.js").Sdk[]} */
export const WORK = [
  box("primary"),
  box("secondary"),
  ofHook0("with headers", ["x-event-id", "x-event-type"]),
  ofHook0("without headers"),
  {
    package: "@notionhq/client",
    signs: true,
    provider: "notion",
    secret: "secret_notion_of_the_tests",
    async send() {
      const id = randomUUID();
      const entity = { id: "of the page", type: "page" };
      const body = JSON.stringify({ id, type: "page.content_updated", entity, data: { title: "Tür" } });
      const signature = await signWebhookPayload({ body, verificationToken: this.secret });
      return { body, headers: { ...JSON_TYPE, "x-notion-signature": signature }, id, type: "page.content_updated" };
    },
    accepts({ body, headers }) {
      const signature = headers["x-notion-signature"];
      return verifyWebhookSignature({ body, signature, verificationToken: this.secret });
    },
  },
];
