export { connectOver } from "../session.js";
export { FakeZooKeeper } from "./fake-zookeeper.js";
