import { beforeEach, describe, expect, it, vi } from "vitest";

import { createSignaling } from "../../shared/signaling";
import * as staff from "../src/api/staff";
import type { DeskView } from "../src/api/views";
import * as visits from "../src/api/visits";
import { connect, disconnect } from "../src/stores/live";

vi.mock("../../shared/signaling");
vi.mock("../src/adapter/toast", () => ({ toast: vi.fn() }));
vi.mock("../src/api/staff");
vi.mock("../src/api/visits");
vi.mock("../src/stores/alerts");
vi.mock("../src/stores/devices", async () => ({
  devices: { opening: false },
  openDevices: vi.fn(async () => undefined),
  ownStream: (await import("vue")).shallowRef(null),
}));

const client = { connect: vi.fn(), close: vi.fn(), join: vi.fn(), leave: vi.fn(), post: vi.fn() };
const handedOver = (visit: object | null) =>
  ({ me: { id: "stf_1", state: "busy" }, queue: {}, offer: null, visit: visit && { visit, orders: [], identity: {} } }) as unknown as DeskView;

describe("the desk as the server draws it", () => {
  beforeEach(() => {
    disconnect();
    vi.clearAllMocks();
    vi.mocked(visits.turnTo).mockResolvedValue(undefined as never);
    vi.mocked(createSignaling).mockReturnValue(client as never);
  });

  it("stays in the room of the visit in hand", async () => {
    vi.mocked(staff.desk).mockResolvedValue(handedOver({ id: "vis_1", state: "wrap_up", aside: false }));
    await connect();
    expect(client.join).toHaveBeenLastCalledWith("vis_1");
    await connect();
    expect(client.leave).not.toHaveBeenCalled();
    expect(visits.turnTo).not.toHaveBeenCalled();
  });

  it("turns back to a holder who waits aside", async () => {
    vi.mocked(staff.desk).mockResolvedValue(handedOver({ id: "vis_1", state: "wrap_up", aside: true }));
    await connect();
    expect(client.join).toHaveBeenLastCalledWith("vis_1");
    expect(visits.turnTo).toHaveBeenCalledWith("vis_1");
  });

  it("leaves the room when there is no visit any more", async () => {
    vi.mocked(staff.desk).mockResolvedValue(handedOver({ id: "vis_1", state: "wrap_up", aside: false }));
    await connect();
    vi.mocked(staff.desk).mockResolvedValue(handedOver(null));
    await connect();
    expect(client.leave).toHaveBeenCalledWith("vis_1");
  });
});
