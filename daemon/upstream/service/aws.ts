// What agentd uses of the AWS SDK, built as a file of its own: it is half as large as the daemon, and loaded at the first cloud shell.
export { Sha256 } from "@aws-crypto/sha256-js";
export { SignatureV4 } from "@smithy/signature-v4";

/** Loaded by whoever has to look for credentials. */
export const loadProviders = () => import("@aws-sdk/credential-providers");
