package io.redoubt.protocol.pem;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayInputStream;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A file with certificates or private keys between lines such as {@code -----BEGIN
 * CERTIFICATE-----}. Like OpenSSL, it passes over text outside of these blocks and over blocks of
 * other kinds, so that one file may hold both.
 */
public final class PemFile {
  private static final String BEGIN = "-----BEGIN ";
  private static final String END = "-----END ";
  private static final String DASHES = "-----";
  private static final Set<String> CERTIFICATES =
      Set.of("CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE");

  private final List<Block> blocks;

  /**
   * A block.
   *
   * @param label the words after BEGIN
   * @param headers the lines with a colon before the content (RFC 1421), by name in lower case
   */
  record Block(String label, Map<String, String> headers, byte[] der) {}

  private PemFile(List<Block> blocks) {
    this.blocks = blocks;
  }

  /**
   * Parses the content of a file.
   *
   * @throws KeyFormatException if a block is damaged
   */
  public static PemFile of(byte[] content) throws KeyFormatException {
    return new PemFile(blocks(new String(content, ISO_8859_1).lines().toList()));
  }

  private static List<Block> blocks(List<String> lines) throws KeyFormatException {
    List<Block> blocks = new ArrayList<>();
    for (int at = 0; at < lines.size(); at++) {
      String line = lines.get(at).strip();
      if (!line.startsWith(BEGIN) || !line.endsWith(DASHES)) {
        continue;
      }
      String label = line.substring(BEGIN.length(), line.length() - DASHES.length());
      Map<String, String> headers = new TreeMap<>();
      StringBuilder content = new StringBuilder();
      while (true) {
        if (++at == lines.size()) {
          throw new KeyFormatException("no line '" + END + label + DASHES + "'");
        }
        line = lines.get(at).strip();
        if (line.startsWith(END)) {
          break;
        }
        int colon = line.indexOf(':');
        if (colon < 0) {
          content.append(line);
        } else {
          headers.put(
              line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
        }
      }
      blocks.add(new Block(label, headers, decoded(label, content.toString())));
    }
    return blocks;
  }

  private static byte[] decoded(String label, String content) throws KeyFormatException {
    try {
      return Base64.getDecoder().decode(content);
    } catch (IllegalArgumentException e) {
      throw new KeyFormatException("the block " + label + " is not in base 64", e);
    }
  }

  /** Returns the certificates in the order of the file; possibly none. */
  public List<X509Certificate> certificates() throws KeyFormatException {
    List<X509Certificate> certificates = new ArrayList<>();
    for (Block block : blocks) {
      if (CERTIFICATES.contains(block.label())) {
        certificates.add(certificate(block.der()));
      }
    }
    return certificates;
  }

  /** Decodes a certificate; the settings that follow a trusted one are ignored. */
  private static X509Certificate certificate(byte[] der) throws KeyFormatException {
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      return (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der));
    } catch (CertificateException e) {
      throw new KeyFormatException("a certificate is invalid: " + e.getMessage(), e);
    }
  }

  /**
   * Returns the first private key.
   *
   * @param password decrypts it; ignored by a plain key
   */
  public PrivateKey privateKey(String password) throws KeyFormatException {
    for (Block block : blocks) {
      if (PrivateKeys.isKey(block.label())) {
        return PrivateKeys.decode(block, password);
      }
    }
    throw new KeyFormatException("no private key (PEM)");
  }
}
