import { DEFAULT_LIMITS, ResponseEncoder, readDeltaRequest, type Step, StreamMachine, type XdsNode } from "@fairlead/control-plane/xds";
import { decode } from "@fairlead/proto";
import type { Clock, Closable, Timer } from "@fairlead/shared";
import type { ControlPlaneWorld } from "./simulated-control-plane.js";

type Served = Parameters<ControlPlaneWorld["serveXds"]>[0];

/** What a stream does to whoever opened it. */
export interface StreamEvents {
  send(bytes: Buffer): void;
  /** The server ended the stream. */
  ended(details: string): void;
}

/** The server's end of a stream. */
export interface OpenStream {
  receive(bytes: Buffer): void;
  /** The client is gone. */
  end(reason: string): void;
}

interface ServerDeps {
  readonly clock: Clock;
  /** How many resources a response holds that has been sent. */
  readonly onSent: (resources: number) => void;
}

/** What gRPC's shell around the protocol machine is, without gRPC: bytes of whole messages in and out. */
export class SimulatedXdsServer {
  readonly #served: Served;
  readonly #deps: ServerDeps;
  readonly #encoder: ResponseEncoder;
  readonly #streams = new Set<SimulatedStream>();
  #streamId = 0;

  constructor(served: Served, deps: ServerDeps) {
    this.#served = served;
    this.#deps = deps;
    this.#encoder = new ResponseEncoder(served.identifier);
  }

  open(peer: string, events: StreamEvents): OpenStream {
    const machine = new StreamMachine({
      streamId: ++this.#streamId,
      peer,
      variant: "delta",
      impliedType: undefined,
      openedAtMs: this.#deps.clock.nowMs(),
      nowMs: () => this.#deps.clock.nowMs(),
      gated: true,
      limits: DEFAULT_LIMITS,
      encoder: this.#encoder,
      observer: this.#served.observer,
      refusalOf: () => undefined,
    });
    const stream = new SimulatedStream(
      { machine, served: this.#served, clock: this.#deps.clock },
      {
        ...events,
        over: () => this.#streams.delete(stream),
        sent: (resources) => this.#deps.onSent(resources),
      },
    );
    this.#streams.add(stream);
    return stream;
  }

  close(): void {
    for (const stream of [...this.#streams]) stream.close("this server is closing");
  }
}

interface InnerEvents extends StreamEvents {
  over(): void;
  sent(resources: number): void;
}

class SimulatedStream implements OpenStream {
  readonly #machine: StreamMachine;
  readonly #served: Served;
  readonly #clock: Clock;
  readonly #events: InnerEvents;
  #watch: Closable | undefined;
  #due: Timer | undefined;
  #isOver = false;

  constructor(parts: { readonly machine: StreamMachine; readonly served: Served; readonly clock: Clock }, events: InnerEvents) {
    this.#machine = parts.machine;
    this.#served = parts.served;
    this.#clock = parts.clock;
    this.#events = events;
  }

  receive(bytes: Buffer): void {
    if (this.#isOver) return;
    this.#run(this.#machine.request(readDeltaRequest(decode("envoy.service.discovery.v3.DeltaDiscoveryRequest", bytes), DEFAULT_LIMITS)));
  }

  end(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#due?.cancel();
    void this.#watch?.close();
    this.#machine.ended(reason);
    this.#events.over();
  }

  close(details: string): void {
    this.end(details);
    this.#events.ended(details);
  }

  #run(steps: readonly Step[]): void {
    for (const step of steps) {
      if (this.#isOver) return;
      if (step.kind === "watch") this.#follow(step.node);
      else if (step.kind === "send") this.#send(step.bytes, step.content.resources.length);
      else this.close(step.status.details);
    }
    const { dueMs } = this.#machine;
    if (dueMs === undefined || this.#due !== undefined || this.#isOver) return;
    this.#due = this.#clock.schedule(Math.max(1, dueMs - this.#clock.nowMs()), () => {
      this.#due = undefined;
      this.#run(this.#machine.tick());
    });
  }

  #send(bytes: Buffer, resources: number): void {
    this.#events.sent(resources);
    this.#events.send(bytes);
  }

  #follow(node: XdsNode): void {
    const watch = this.#served.viewOf(node).watch((sets) => this.#run(this.#machine.view(sets)));
    if (this.#isOver) void watch.close();
    else this.#watch = watch;
  }
}
