package io.redoubt.bench.measure;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A key and the certificate that it signed itself, made by {@code openssl}.
 *
 * @param certificate the file of the certificate, in PEM
 * @param key the file of the key, in PEM
 */
public record ServerIdentity(Path certificate, Path key) {
  /** Makes an RSA key with 2048 bits. */
  public static ServerIdentity ofRsa(Path folder) throws IOException, InterruptedException {
    return of(folder, "rsa", "rsa:2048");
  }

  /** Makes a key of the curve P-256. */
  public static ServerIdentity ofP256(Path folder) throws IOException, InterruptedException {
    return of(folder, "ec", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1");
  }

  private static ServerIdentity of(Path folder, String name, String... algorithm)
      throws IOException, InterruptedException {
    Path certificate = folder.resolve(name + ".crt");
    Path key = folder.resolve(name + ".key");
    List<String> command = new ArrayList<>(List.of("openssl", "req", "-x509", "-nodes"));
    command.addAll(List.of("-days", "2", "-subj", "/CN=localhost", "-newkey"));
    command.addAll(List.of(algorithm));
    command.addAll(List.of("-keyout", key.toString(), "-out", certificate.toString()));
    Process openssl = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(openssl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (openssl.waitFor() != 0) {
      throw new IOException("openssl: " + output);
    }
    return new ServerIdentity(certificate, key);
  }

  /** Returns the directives of a server that also listens on a port for TLS. */
  public String[] directives(int port) {
    return new String[] {
      "--tls-port " + port,
      "--tls-cert-file " + certificate,
      "--tls-key-file " + key,
      "--tls-ca-cert-file " + certificate,
      "--tls-auth-clients no"
    };
  }
}
