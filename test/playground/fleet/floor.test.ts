/* Whose turn it is in a thread of the fleet. */
import { expect, it } from "vitest";
import { Floor } from "../../../playground/edge/fleet/floor.js";

/** So many ask; who speaks does so until he is answered. */
function talk(floor: Floor, clients: number) {
	const spoken: number[] = [];
	const answers: (() => void)[] = [];
	const answer = async (n: number): Promise<void> => {
		answers[n]?.();
		await new Promise((resolve) => setImmediate(resolve));
	};
	for (let n = 0; n < clients; n++)
		floor.ask(() => {
			spoken.push(n);
			return new Promise((resolve) => {
				answers[n] = resolve;
			});
		});
	return { spoken, answer };
}

it("as many speak at a time as may, and the next when one has been answered, in the order of their asking", async () => {
	const floor = new Floor(2);
	floor.isOpen = true;
	const { spoken, answer } = talk(floor, 5);
	expect(spoken).toEqual([0, 1]);
	await answer(1);
	expect(spoken).toEqual([0, 1, 2]);
	await answer(0);
	await answer(2);
	expect(spoken).toEqual([0, 1, 2, 3, 4]);
});

it("nobody speaks before it is open; who waited has his turn then", () => {
	const floor = new Floor(2);
	const { spoken } = talk(floor, 3);
	expect(spoken).toEqual([]);
	floor.isOpen = true;
	expect(spoken).toEqual([0, 1]);
});

it("who speaks as it closes may finish, and nobody follows", async () => {
	const floor = new Floor(1);
	floor.isOpen = true;
	const { spoken, answer } = talk(floor, 2);
	floor.isOpen = false;
	await answer(0);
	expect(spoken).toEqual([0]);
	floor.isOpen = true;
	expect(spoken).toEqual([0, 1]);
});

it("without a limit nobody waits for anybody", () => {
	const floor = new Floor(Number.POSITIVE_INFINITY);
	floor.isOpen = true;
	expect(talk(floor, 500).spoken).toHaveLength(500);
});
