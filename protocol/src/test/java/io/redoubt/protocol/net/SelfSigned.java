package io.redoubt.protocol.net;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;

/** Self-signed certificates for tests, created by the JDK's keytool. */
public final class SelfSigned {
  private static final String PASSWORD = "secret";

  private SelfSigned() {}

  /** Creates the PEM files {@code name.crt} and {@code name.key} in a folder. */
  public static Tls.Identity make(Path folder, String name)
      throws IOException, InterruptedException, GeneralSecurityException {
    return make(folder, name, "CN=" + name, "dns:localhost");
  }

  /** Like {@link #make(Path, String)}, with a subject and alternative names for keytool. */
  public static Tls.Identity make(Path folder, String name, String subject, String alternativeNames)
      throws IOException, InterruptedException, GeneralSecurityException {
    Path store = folder.resolve(name + ".p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                name,
                "-keyalg",
                "EC",
                "-dname",
                subject,
                "-ext",
                "SAN=" + alternativeNames,
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve(name + ".out").toFile())
            .start();
    if (keytool.waitFor() != 0) {
      throw new IOException(Files.readString(folder.resolve(name + ".out")));
    }
    KeyStore keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
    Path certificate = folder.resolve(name + ".crt");
    Path key = folder.resolve(name + ".key");
    Files.writeString(certificate, pem("CERTIFICATE", keys.getCertificate(name).getEncoded()));
    byte[] encodedKey = keys.getKey(name, PASSWORD.toCharArray()).getEncoded();
    Files.writeString(key, pem("PRIVATE KEY", encodedKey));
    return new Tls.Identity(certificate, key, "");
  }

  private static String pem(String what, byte[] bytes) {
    byte[] lineEnd = "\n".getBytes(US_ASCII);
    String text = Base64.getMimeEncoder(64, lineEnd).encodeToString(bytes);
    return "-----BEGIN " + what + "-----\n" + text + "\n-----END " + what + "-----\n";
  }
}
