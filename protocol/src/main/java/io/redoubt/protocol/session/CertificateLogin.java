package io.redoubt.protocol.session;

import io.redoubt.protocol.acl.User;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.net.PeerCertificate;
import io.redoubt.protocol.process.UserText;
import java.util.List;

/**
 * Logs a new client in as the user that its certificate names. It remains the default user, and the
 * ACL log has an entry, if no user of that name exists who may log in.
 */
final class CertificateLogin {
  private CertificateLogin() {}

  static void attempt(Client client) {
    ClientContext context = client.context();
    PeerCertificate.Field field = context.settings().certificateUser();
    if (field == null) {
      return;
    }
    List<String> names = client.connection().peerNames(field);
    for (String name : names) {
      User user = context.users().named(ByteString.of(name));
      if (user != null && user.isEnabled()) {
        client.authenticate(user);
        context.log().verbose("TLS: Auto-authenticated client as %s", UserText.of(name));
        return;
      }
    }
    if (!names.isEmpty()) {
      Refusals.logUnknownCertificate(
          client, ByteString.of(String.join(" ", names)), ByteString.of(names.getFirst()));
    }
  }
}
