// A SAML 2.0 identity provider: node saml.mjs '{"cert": PEM, "key": PEM, "issuer": …, "acsUrl": …,
// "audience": …}'. Prints its address when it listens. It asks nobody for a password.
import { createPrivateKey } from 'node:crypto';
import { Server } from 'node:http';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { runServer } = require('saml-idp');
const settings = JSON.parse(process.argv[2]);
// saml-idp takes no other form.
const key = createPrivateKey(settings.key).export({ type: 'pkcs1', format: 'pem' });
const say = console.log;
console.log = () => {}; // it tells every sign-in at length

// It would encrypt by an algorithm that its own library calls insecure.
const encryption = require('saml/lib/xml/encrypt.js');
const { fromEncryptXmlOptions } = encryption;
encryption.fromEncryptXmlOptions = function (options) {
  const { encryptionAlgorithm } = settings;
  return fromEncryptXmlOptions.call(this, { ...options, encryptionAlgorithm });
};

// It takes no port 0: a port found beforehand may be somebody else's by the time it listens.
const { listen } = Server.prototype;
Server.prototype.listen = function (_port, _host, ready) {
  return listen.call(this, 0, '127.0.0.1', () => {
    ready();
    say(`http://127.0.0.1:${this.address().port}`);
  });
};
runServer({ ...settings, key, host: '127.0.0.1', port: 7000 });
