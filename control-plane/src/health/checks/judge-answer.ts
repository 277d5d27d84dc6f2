import type { HttpCheckSettings, IdentitySettings } from "../../config/index.js";
import type { WholeAnswer } from "./http-answer.js";
import type { ProbeAnswer, ProbeTarget } from "./probe.js";

type HttpTarget = Omit<ProbeTarget, "check"> & { readonly check: HttpCheckSettings };

/** What an answer says of the endpoint: who it is first, whatever the status. */
export function judgeAnswer(answer: WholeAnswer, target: HttpTarget): ProbeAnswer {
  const { status, body, identity } = target.check;
  const stranger = identity === undefined ? undefined : strangerOf(answer, identity, target);
  if (stranger !== undefined) return { outcome: "mistaken", detail: stranger };
  if (answer.status < status.from || answer.status > status.to) {
    const expected = status.from === status.to ? status.from : `${status.from}-${status.to}`;
    return { outcome: "failed", detail: `status ${answer.status}, expected ${expected}` };
  }
  if (body !== undefined && !answer.body.includes(Buffer.from(body).toString("latin1")))
    return { outcome: "failed", detail: `status ${answer.status}, and the body does not contain "${body.slice(0, 80)}"` };
  return { outcome: "passed", detail: `status ${answer.status}` };
}

/** Why it is somebody else. Who registered without saying which process it is cannot be told from another one. */
function strangerOf(answer: WholeAnswer, identity: IdentitySettings, target: HttpTarget): string | undefined {
  const template = "header" in identity ? identity.is : identity.body;
  const expected = filled(template, target);
  if (expected === undefined) return undefined;
  if (!("header" in identity)) {
    return answer.body.includes(Buffer.from(expected).toString("latin1"))
      ? undefined
      : `somebody else answers: the body does not contain "${expected}"`;
  }
  const said = answer.headers.get(identity.header);
  if (said === expected) return undefined;
  return `somebody else answers: ${identity.header} is ${said === undefined ? "not there" : `"${said.slice(0, 80)}"`}, expected "${expected}"`;
}

/** The template with what is known of the endpoint in it; undefined where it asks for what nobody said. */
function filled(template: string, { service, instance, ip, port }: HttpTarget): string | undefined {
  if (instance === undefined && template.includes("{instance}")) return undefined;
  const values: Readonly<Record<string, string>> = { service, instance: instance ?? "", ip, port: String(port) };
  return template.replace(/\{(\w+)\}/g, (_all, name: string) => values[name] ?? "");
}
