package io.redoubt.protocol.net;

import java.security.Security;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * The cipher suites with RSA key exchange, which has no forward secrecy. The JDK disables them for
 * the whole process; Redis has them where {@code tls-ciphers} selects them, as {@code DEFAULT}
 * does. So our own programs permit them, and each configuration decides. A server in the process of
 * somebody else leaves the policy of that process alone.
 */
final class RsaKeyExchange {
  private static final String SUITES = "TLS_RSA_";

  /** Set by the options of our programs' JVM. */
  private static final String PERMITTED = "redoubt.rsaKeyExchange";

  private static final String POLICY = "jdk.tls.disabledAlgorithms";

  private RsaKeyExchange() {}

  static boolean isUsedBy(String suite) {
    return suite.startsWith(SUITES);
  }

  /** Permits the suites in a program of ours. The JDK reads its policy at the first use of TLS. */
  static void permitInOwnProcess() {
    String disabled = Security.getProperty(POLICY);
    if (Boolean.getBoolean(PERMITTED) && disabled != null) {
      Security.setProperty(POLICY, withoutSuites(disabled));
    }
  }

  /** Returns a list of disabled algorithms without the entry for all of the suites. */
  static String withoutSuites(String disabled) {
    return Arrays.stream(disabled.split(",", -1))
        .map(String::strip)
        .filter(entry -> !entry.equals(SUITES + "*"))
        .collect(Collectors.joining(", "));
  }
}
