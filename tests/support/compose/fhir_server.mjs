// A FHIR server of other hands, in memory, on a port of this machine (its first line says which). POST /reset empties it and sets its
// faults: fail: so many requests are answered 503 first; refuse: entries of this type get 422; cut: the answer to this request, counted
// from 1, is lost after the work was done; batchless: bundles are refused; token: what must be presented. GET /held: how many of each type
// there are, a digest of all they say, and how many requests came.
import { FhirRouter, MemoryRepository } from "@medplum/fhir-router";
import { createHash } from "node:crypto";
import http from "node:http";
import { text } from "node:stream/consumers";

const repository = new MemoryRepository();
const router = new FhirRouter();
let faults = {};
let requests = 0;

function held() {
  const counts = {};
  const said = [];
  for (const [type, byId] of repository.resources) {
    counts[type] = byId.size;
    for (const { meta: { versionId, lastUpdated, ...meta }, ...rest } of byId.values()) said.push(JSON.stringify({ ...rest, meta }));
  }
  return { counts, digest: createHash("sha256").update(said.sort().join("\n")).digest("hex"), requests };
}

function refused(type) {
  return { resourceType: "OperationOutcome", issue: [{ severity: "error", code: "invalid", details: { text: `no ${type} here\nfor nobody` } }] };
}

async function handled(method, pathname, body, headers) {
  const [outcome, resource] = await router.handleRequest({ method, url: pathname, body, params: {}, query: {}, headers }, repository);
  const isBad = outcome.issue?.some((issue) => issue.severity === "error");
  return [outcome.id === "created" ? 201 : isBad ? (outcome.id === "not-found" ? 404 : 400) : 200, resource ?? outcome];
}

async function batch(bundle, headers) {
  const isBarred = (entry) => entry.resource.resourceType === faults.refuse;
  const [status, answer] = await handled("POST", "/", { ...bundle, entry: bundle.entry.filter((entry) => !isBarred(entry)) }, headers);
  const taken = [...(answer.entry ?? [])];
  const entry = bundle.entry.map((one) => (isBarred(one) ? { response: { status: "422", outcome: refused(faults.refuse) } } : taken.shift()));
  return [status, { ...answer, entry }];
}

async function answer(request, body) {
  if (request.url === "/held") return [200, held()];
  if (request.url === "/reset") {
    repository.clear();
    [faults, requests] = [JSON.parse(body), 0];
    return [200, {}];
  }
  requests += 1;
  if (faults.token && request.headers.authorization !== `Bearer ${faults.token}`) return [401, refused("stranger")];
  if (requests <= (faults.fail ?? 0)) return [503, {}];
  const said = JSON.parse(body);
  if (said.resourceType === "Bundle") return faults.batchless ? [400, refused("batch")] : batch(said, request.headers);
  return said.resourceType === faults.refuse ? [422, refused(faults.refuse)] : handled(request.method, request.url.replace(/^\/fhir/, ""), said, request.headers);
}

const server = http.createServer(async (request, response) => {
  const [status, said] = await answer(request, await text(request));
  if (requests === faults.cut && request.url.startsWith("/fhir")) {
    request.socket.destroy();
    return;
  }
  response.writeHead(status, { "content-type": "application/fhir+json" });
  response.end(JSON.stringify(said));
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
