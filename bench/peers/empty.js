// The zero line: reads the body and answers.

export default {
  async fetch(request) {
    await request.arrayBuffer();
    return Response.json({ status: "received" });
  },
};
