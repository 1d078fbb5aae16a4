package io.redoubt.protocol.net;

import io.redoubt.protocol.pem.KeyFormatException;
import io.redoubt.protocol.pem.PemFile;
import io.redoubt.protocol.pem.PublicPoint;
import io.redoubt.protocol.process.SmallFile;
import io.redoubt.protocol.process.SystemErrors;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.RSAPrivateKey;
import java.security.interfaces.RSAPublicKey;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The content of the files of a {@link Tls.Identity}. Failures are reported in the words of Redis,
 * with the file and the reason.
 *
 * @param chain the certificates, the endpoint's own first
 * @param key the key of the endpoint's certificate
 */
record Credentials(List<X509Certificate> chain, PrivateKey key) {
  private static final String CERTIFICATE = "Failed to load certificate: ";
  private static final String KEY = "Failed to load private key: ";
  private static final String AUTHORITIES =
      "Failed to configure CA certificate(s) file/directory: ";

  private static final String NO_CERTIFICATE = "no certificate (PEM)";

  static Credentials read(Tls.Identity identity) throws IOException {
    List<X509Certificate> chain;
    try {
      chain = read(identity.certificate()).certificates();
    } catch (IOException | KeyFormatException e) {
      throw failure(CERTIFICATE, identity.certificate(), e);
    }
    if (chain.isEmpty()) {
      throw new IOException(CERTIFICATE + identity.certificate() + ": " + NO_CERTIFICATE);
    }
    try {
      PrivateKey key = read(identity.key()).privateKey(identity.password());
      checkMatch(chain.getFirst().getPublicKey(), key);
      return new Credentials(chain, key);
    } catch (IOException | KeyFormatException e) {
      throw failure(KEY, identity.key(), e);
    }
  }

  private static PemFile read(Path file) throws IOException, KeyFormatException {
    return PemFile.of(SmallFile.bytes(file));
  }

  private static IOException failure(String what, Path file, Exception e) {
    String reason = e instanceof IOException io ? SystemErrors.text(io) : e.getMessage();
    return new IOException(what + file + ": " + reason, e);
  }

  /**
   * Checks that a key belongs to a certificate, since otherwise every handshake would fail. They
   * can differ while a certificate is renewed but its key is still the old one.
   */
  private static void checkMatch(PublicKey certified, PrivateKey key)
      throws IOException, KeyFormatException {
    boolean matches;
    try {
      if (certified instanceof RSAPublicKey open && key instanceof RSAPrivateKey secret) {
        matches = open.getModulus().equals(secret.getModulus());
      } else if (key instanceof ECPrivateKey && PublicPoint.isPartOf(key, certified)) {
        matches = true;
      } else {
        matches = isKindred(certified, key) && verifies(certified, key);
      }
    } catch (GeneralSecurityException e) {
      throw new IOException("the key can't be used: " + e.getMessage(), e);
    }
    if (!matches) {
      throw new IOException("the key does not belong to the certificate");
    }
  }

  private static boolean isKindred(PublicKey certified, PrivateKey key) {
    return certified.getAlgorithm().equals(key.getAlgorithm());
  }

  private static boolean verifies(PublicKey certified, PrivateKey key)
      throws GeneralSecurityException {
    String algorithm = key.getAlgorithm().equals("EC") ? "SHA256withECDSA" : key.getAlgorithm();
    byte[] text = {1, 2, 3};
    Signature signing = Signature.getInstance(algorithm);
    signing.initSign(key);
    signing.update(text);
    Signature verifying = Signature.getInstance(algorithm);
    verifying.initVerify(certified);
    verifying.update(text);
    return verifying.verify(signing.sign());
  }

  /** Returns the trusted certificates of a file and of the files of a folder that have some. */
  static List<X509Certificate> trusted(Tls.Authorities authorities) throws IOException {
    List<X509Certificate> certificates = new ArrayList<>();
    Path file = authorities.file();
    if (file != null) {
      certificates.addAll(trusted(file));
      if (certificates.isEmpty()) {
        throw new IOException(AUTHORITIES + file + ": " + NO_CERTIFICATE);
      }
    }
    for (Path each : files(authorities.directory())) {
      certificates.addAll(trusted(each));
    }
    return certificates;
  }

  private static List<Path> files(@Nullable Path directory) throws IOException {
    List<Path> files = new ArrayList<>();
    if (directory != null) {
      try (DirectoryStream<Path> all = Files.newDirectoryStream(directory, Files::isRegularFile)) {
        all.forEach(files::add);
      } catch (IOException e) {
        throw failure(AUTHORITIES, directory, e);
      }
    }
    return files;
  }

  private static List<X509Certificate> trusted(Path file) throws IOException {
    try {
      return read(file).certificates();
    } catch (IOException | KeyFormatException e) {
      throw failure(AUTHORITIES, file, e);
    }
  }
}
