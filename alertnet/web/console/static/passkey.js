// Asks a device of the user for a passkey: to make one on the page of the account, to prove one where one signs in.
// Without scripts the code of an authenticator does.
"use strict";

const bytes = (text) => new TextEncoder().encode(text);
const said = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

async function ask(form, act) {
  const fault = document.getElementById("fault");
  fault.hidden = true;
  try {
    const challenge = bytes(await (await fetch("/desk/challenge")).text());
    const { id, type, rawId, response } = await act(challenge);
    const answer = Object.fromEntries(["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]
      .filter((name) => response[name]).map((name) => [name, said(response[name])]));
    form.elements.passkey.value = JSON.stringify({ id, type, rawId: said(rawId), response: answer });
    form.submit();
  } catch {
    fault.hidden = false;
  }
}

const make = document.getElementById("make");
const enter = document.getElementById("enter");

if (globalThis.PublicKeyCredential && make) {
  make.hidden = false;
  make.addEventListener("submit", (event) => {
    event.preventDefault();
    const name = make.dataset.user;
    ask(make, (challenge) => navigator.credentials.create({ publicKey: {
      challenge, rp: { name: "alertnet" }, user: { id: bytes(name), name, displayName: name },
      pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: "public-key", alg })),
      authenticatorSelection: { residentKey: "required", userVerification: "preferred" },
    } }));
  });
}

if (globalThis.PublicKeyCredential && enter) {
  enter.hidden = false;
  enter.addEventListener("click", () => {
    if (!enter.form.elements.name.reportValidity() || !enter.form.elements.password.reportValidity()) return;
    ask(enter.form, (challenge) => navigator.credentials.get({ publicKey: { challenge, userVerification: "preferred" } }));
  });
}
