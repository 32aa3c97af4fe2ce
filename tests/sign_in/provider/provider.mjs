// An identity provider for tests: node provider.mjs PORT REDIRECT. A line on stdin rotates its keys.
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import Provider from "oidc-provider";

const [port, redirect] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
let round = 0;

function provider() {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const key = { ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256", kid: `key-${round++}` };
  return new Provider(issuer, {
    clients: [{ client_id: "hall", client_secret: "a secret: with/odd signs", redirect_uris: [redirect] }],
    jwks: { keys: [key] },
    cookies: { keys: ["for tests alone"] },
    claims: { openid: ["sub"], profile: ["preferred_username"] },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, preferred_username: `${id} of old` }) }),
  }).callback();
}

let answer = provider();
process.stdin.on("data", () => {
  answer = provider();
  console.log("rotated");
});
createServer((request, response) => answer(request, response)).listen(port, "127.0.0.1", () => console.log("ready"));
