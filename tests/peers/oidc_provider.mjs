// The provider of identities that the tests sign in at: `oidc-provider`, with an account for whatever name is typed into its form.
//   node oidc_provider.mjs <folder of node_modules> <callback>…      prints its issuer once it listens
// POST /control?account=carol&groups=a,b says which groups an account has from then on.
import { createServer } from "node:http";
import { generateKeyPairSync } from "node:crypto";

const [modules, ...callbacks] = process.argv.slice(2);
const { Provider } = await import(`${modules}/node_modules/oidc-provider/lib/index.js`);

const key = (kind, options, alg) => ({
  ...generateKeyPairSync(kind, options).privateKey.export({ format: "jwk" }),
  use: "sig",
  kid: alg.toLowerCase(),
  alg,
});
const groups = new Map();
const account = (id) => ({
  accountId: id,
  claims: () => ({
    sub: id,
    name: `${id[0].toUpperCase()}${id.slice(1)} of Example`,
    preferred_username: id,
    email: `${id}@example.org`,
    email_verified: !id.startsWith("unverified"),
    groups: groups.get(id) ?? [],
  }),
});
const client = (id, alg, more) => ({
  client_id: id,
  redirect_uris: callbacks,
  post_logout_redirect_uris: ["http://localhost/sign-in"],
  response_types: ["code"],
  grant_types: ["authorization_code"],
  id_token_signed_response_alg: alg,
  ...more,
});

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      client("hub", "RS256", { client_secret: "a secret: of + signs/%" }),
      client("posting", "PS256", { client_secret: "another", token_endpoint_auth_method: "client_secret_basic" }),
      client("public", "ES256", { token_endpoint_auth_method: "none" }),
      client("edwards", "EdDSA", { token_endpoint_auth_method: "none" }),
    ],
    jwks: {
      keys: [
        key("rsa", { modulusLength: 2048 }, "RS256"),
        key("rsa", { modulusLength: 2048 }, "PS256"),
        key("ec", { namedCurve: "P-256" }, "ES256"),
        key("ed25519", {}, "EdDSA"),
      ],
    },
    claims: {
      openid: ["sub"],
      email: ["email", "email_verified"],
      profile: ["name", "preferred_username"],
      groups: ["groups"],
    },
    scopes: ["openid", "email", "profile", "groups"],
    cookies: { keys: ["of the tests"] },
    enabledJWA: { idTokenSigningAlgValues: ["RS256", "PS256", "ES256", "EdDSA"] },
    pkce: { required: () => true },
    findAccount: (_, id) => account(id),
  });
  const answer = provider.callback();
  server.on("request", (request, response) => {
    const url = new URL(request.url, issuer);
    if (url.pathname === "/control") {
      groups.set(url.searchParams.get("account"), url.searchParams.get("groups").split(",").filter(Boolean));
      response.end();
    } else answer(request, response);
  });
  console.log(`listening at ${issuer}`);
});
