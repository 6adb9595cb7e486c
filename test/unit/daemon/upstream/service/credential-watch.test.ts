import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import {
  credentialPaths,
  watchCredentials,
} from "../../../../../daemon/upstream/service/credential-watch.js";
import { fastClock } from "../../../../support/fast-clock.js";
import { tempDirectory } from "../../../../support/temp-directory.js";

const target = {};

function watched(paths: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    onTestFinished(watchCredentials(paths, fastClock(), resolve));
  });
}

/** Does `change` again and again until it is noticed: nobody knows when the first look was, against which changes are measured. */
async function doUntil(noticed: Promise<void>, change: (n: number) => void): Promise<void> {
  let done = false;
  noticed.then(() => {
    done = true;
  });
  for (let n = 0; !done; n++) {
    change(n);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

it("notices a credentials file that appears", async () => {
  const home = tempDirectory();
  const change = watched(credentialPaths(target, {}, home));
  await doUntil(change, (n) => {
    mkdirSync(join(home, ".aws"), { recursive: true });
    writeFileSync(join(home, ".aws", "credentials"), `[default]\n# ${n}\n`);
  });
});

it("notices an SSO login that rewrites its cache file in place", async () => {
  const home = tempDirectory();
  const cache = join(home, ".aws", "sso", "cache");
  mkdirSync(cache, { recursive: true });
  writeFileSync(join(cache, "abc.json"), "{}");
  const change = watched(credentialPaths(target, {}, home));
  await doUntil(change, (n) => writeFileSync(join(cache, "abc.json"), `{"accessToken":"${n}"}`));
});

it("looks where the environment says, and only at the token where there is one", () => {
  const env = { AWS_SHARED_CREDENTIALS_FILE: "/x/credentials", AWS_CONFIG_FILE: "/x/config" };
  expect(credentialPaths(target, env, "/home/u").slice(0, 2)).toEqual(["/x/credentials", "/x/config"]);
  expect(credentialPaths({ bearerTokenFile: "/x/token" }, env, "/home/u")).toEqual(["/x/token"]);
});

it("stops when it is told to, without a timer left", async () => {
  const home = tempDirectory();
  let changes = 0;
  const stop = watchCredentials(credentialPaths(target, {}, home), fastClock(), () => {
    changes += 1;
  });
  stop();
  mkdirSync(join(home, ".aws"));
  writeFileSync(join(home, ".aws", "credentials"), "[default]\n");
  await new Promise((resolve) => setTimeout(resolve, 250));
  expect(changes).toBe(0);
});
