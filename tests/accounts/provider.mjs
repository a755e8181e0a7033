// An issuer of OpenID Connect for tests: oidc-provider with the pages of its own for developers.
// Called with the folder of its packages and a line of JSON; says its address on standard output.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, given] = process.argv.slice(2);
const options = JSON.parse(given);
const require = createRequire(pathToFileURL(`${folder}/package.json`));
const { default: Provider } = await import(pathToFileURL(require.resolve("oidc-provider")));

const people = {
  ada: { name: "Ada Lovelace", email: "Ada@example.org", email_verified: true, countermark_role: "administrator" },
  bob: { name: "Bob", email: "bob@example.org", email_verified: true, countermark_role: ["staff", "reviewer"] },
  eve: { name: "Eve", email: "ada@example.org", email_verified: false, countermark_role: "root" },
};
const client = { redirect_uris: [options.redirect], response_types: ["code"], grant_types: ["authorization_code"] };
const provider = new Provider(`http://127.0.0.1:${options.port}`, {
  clients: [
    { ...client, client_id: "countermark", client_secret: options.secret },
    { ...client, client_id: "posting", client_secret: options.secret, token_endpoint_auth_method: "client_secret_post" },
    { ...client, client_id: "open", token_endpoint_auth_method: "none" },
  ],
  findAccount: (context, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
  claims: { openid: ["sub", "countermark_role"], email: ["email", "email_verified"], profile: ["name"] },
  conformIdTokenClaims: options.spare, // true: what is not asked of the token is told where it is asked for
  clientAuthMethods: options.ways,
  features: { devInteractions: { enabled: true } },
  cookies: { keys: ["for tests alone"] },
  jwks: options.jwks,
});
provider.listen(options.port, "127.0.0.1", () => console.log("listening"));
