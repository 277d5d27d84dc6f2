import { readdirSync, readFileSync } from "node:fs";
import { formatProblems, parseCommandLine } from "@fairlead/shared";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { readSettings } from "./injector/index.js";

interface Port {
  readonly name: string;
  readonly port: number;
  readonly targetPort: string;
  readonly containerPort: number;
}
interface Container {
  readonly image: string;
  readonly args: readonly string[];
  readonly ports: readonly Port[];
  readonly livenessProbe: { readonly httpGet: { readonly port: string } };
  readonly readinessProbe: { readonly httpGet: { readonly port: string } };
  readonly securityContext: { readonly readOnlyRootFilesystem: boolean };
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly data: Readonly<Record<string, string>>;
  readonly webhooks: readonly Readonly<Record<string, unknown>>[];
  readonly spec: {
    readonly clusterIP?: string;
    readonly ports: readonly Port[];
    readonly selector: Readonly<Record<string, unknown>>;
    readonly template: {
      readonly metadata: { readonly labels: object };
      readonly spec: {
        readonly containers: readonly Container[];
        readonly volumes: readonly { readonly name: string; readonly configMap?: { readonly name: string } }[];
        readonly securityContext: { readonly runAsUser: number };
      };
    };
  };
}

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const yamlFiles = ["config", "kubernetes"].flatMap((directory) =>
  readdirSync(new URL(`../${directory}`, import.meta.url), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => `${directory}/${name}`),
);

const kustomization = parse(read("kubernetes/kustomization.yaml")) as {
  resources: readonly string[];
  images: readonly { readonly name: string; readonly newTag: string }[];
};
const manifests = kustomization.resources.flatMap((file) =>
  parseAllDocuments(read(`kubernetes/${file}`)).map((one) => one.toJS() as Manifest),
);

function find(kind: string, name: string): Manifest {
  const found = manifests.find((one) => one.kind === kind && one.metadata.name === name);
  if (found === undefined) throw new Error(`no ${kind} ${name}`);
  return found;
}

function only<T>(list: readonly T[]): T {
  expect(list).toHaveLength(1);
  return list[0] as T;
}

test.each(yamlFiles)("%s is YAML without errors or warnings", (file) => {
  for (const document of parseAllDocuments(read(file))) expect([...document.errors, ...document.warnings]).toEqual([]);
});

test("every manifest is among the resources", () => {
  const present = readdirSync(new URL("../kubernetes", import.meta.url)).filter((name) => name !== "kustomization.yaml");
  expect([...kustomization.resources].sort()).toEqual(present.sort());
});

describe.each(["control-plane", "injector"])("%s in the cluster", (name) => {
  const { template, selector } = find("Deployment", `fairlead-${name}`).spec;
  const service = find("Service", `fairlead-${name}`);
  const container = template.spec.containers[0] as Container;

  test("its image is one that is built here, as an ordinary user", () => {
    expect(container.image).toBe(`fairlead-${name}`);
    expect(kustomization.images.find((image) => image.name === container.image)?.newTag).toBe("0.1.0");
    const containerfile = read(`containers/${name}.Containerfile`);
    expect(containerfile).toContain(`USER ${template.spec.securityContext.runAsUser}:`);
    expect(container.securityContext.readOnlyRootFilesystem).toBe(true);
    for (const { containerPort } of container.ports) expect(containerfile).toMatch(new RegExp(`^EXPOSE .*\\b${containerPort}\\b`, "m"));
  });

  test("its arguments name a file of its ConfigMap, where that is mounted", () => {
    const command = parseCommandLine(container.args);
    const file = command.ok && command.value.kind === "run" ? command.value.file : "";
    const mount = container.volumeMounts.find(({ mountPath }) => file.startsWith(`${mountPath}/`));
    const volume = template.spec.volumes.find(({ name }) => name === mount?.name);
    expect(find("ConfigMap", volume?.configMap?.name ?? "none").data).toHaveProperty([file.slice(`${mount?.mountPath}/`.length)]);
    const volumes = template.spec.volumes.map(({ name }) => name);
    for (const { name } of container.volumeMounts) expect(volumes).toContain(name);
  });

  test("Service, selectors, probes and container mean the same ports and pods", () => {
    const names = container.ports.map(({ name }) => name);
    for (const { targetPort } of service.spec.ports) expect(names).toContain(targetPort);
    for (const probe of [container.livenessProbe, container.readinessProbe]) expect(names).toContain(probe.httpGet.port);
    expect(service.spec.selector).toEqual(template.metadata.labels);
    expect(selector["matchLabels"]).toEqual(template.metadata.labels);
  });
});

test("the control plane listens where its ports say", () => {
  const text = find("ConfigMap", "fairlead-control-plane").data["control-plane.yaml"] ?? "";
  const config = parse(text) as { xds: { listen: string }; admin: { listen: string }; stateDir: string };
  const container = only(find("Deployment", "fairlead-control-plane").spec.template.spec.containers);
  const portOf = (name: string) => container.ports.find((port) => port.name === name)?.containerPort;
  expect(config.xds.listen).toBe(`0.0.0.0:${portOf("xds")}`);
  expect(config.admin.listen).toBe(`0.0.0.0:${portOf("admin")}`);
  expect(container.volumeMounts.map(({ mountPath }) => mountPath)).toContain(config.stateDir);
});

describe("the injector's configuration", () => {
  const inCluster = find("ConfigMap", "fairlead-injector").data["injector.yaml"] ?? "";

  function settingsOf(text: string) {
    const settings = readSettings({ file: "injector.yaml", text, environment: {}, resolve: (path) => path });
    if (!settings.ok) throw new Error(formatProblems(settings.error));
    return settings.value.settings;
  }

  test("sends sidecars to the control plane's Service", () => {
    const { clusterIP, ports } = find("Service", "fairlead-control-plane").spec;
    expect(settingsOf(inCluster).options.controlPlaneAddresses).toEqual([`${clusterIP}:${only(ports).port}`]);
  });

  test("listens on the container's port, and finds its certificate where the Secret is mounted", () => {
    const settings = settingsOf(inCluster);
    const { ports, volumeMounts } = only(find("Deployment", "fairlead-injector").spec.template.spec.containers);
    expect(settings.listen.port).toBe(only(ports).containerPort);
    const mount = volumeMounts.find(({ name }) => name === "tls")?.mountPath;
    expect(settings.tls).toEqual({ cert: `${mount}/tls.crt`, key: `${mount}/tls.key` });
  });

  test("the example says what holds by default and in the cluster", () => {
    const [example, cluster] = [settingsOf(read("config/injector.yaml")).options, settingsOf(inCluster).options];
    expect({ ...example, imagePullPolicy: undefined }).toEqual(cluster);
    expect(cluster.image).toBe("fairlead-sidecar:0.1.0");
  });
});

describe("the webhook", () => {
  const webhook = only(find("MutatingWebhookConfiguration", "fairlead-injector").webhooks);

  test("is asked at the injector's Service, about new pods of namespaces that opted in", () => {
    const { metadata, spec } = find("Service", "fairlead-injector");
    expect(webhook["clientConfig"]).toEqual({
      service: { namespace: metadata.namespace, name: metadata.name, path: "/inject", port: only(spec.ports).port },
    });
    expect(webhook["rules"]).toEqual([
      { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"], scope: "Namespaced" },
    ]);
    expect(webhook["namespaceSelector"]).toMatchObject({ matchLabels: { "fairlead.io/injection": "enabled" } });
    expect(webhook["admissionReviewVersions"]).toEqual(["v1"]);
  });

  test("is asked again after others, has no side effects, and its absence stops no pod", () => {
    expect(webhook).toMatchObject({ reinvocationPolicy: "IfNeeded", failurePolicy: "Ignore", sideEffects: "None" });
  });
});
