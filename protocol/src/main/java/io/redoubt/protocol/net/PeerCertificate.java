package io.redoubt.protocol.net;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.security.cert.Certificate;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** The names in the certificate of a peer, which was verified in the handshake. */
public final class PeerCertificate {
  /** The kind of a subject alternative name that is a URI (RFC 5280, 4.2.1.6). */
  private static final int URI_NAME = 6;

  /** The attribute 2.5.4.3, the common name (RFC 5280, appendix A.1), as an identifier in DER. */
  private static final byte[] COMMON_NAME = {0x06, 0x03, 0x55, 0x04, 0x03};

  private static final int BMP_STRING = 0x1e;
  private static final int UTF8_STRING = 0x0c;

  /** The field of a certificate that has the name. */
  public enum Field {
    /** The first common name of the subject. */
    COMMON_NAME,
    /** The URIs among the alternative names of the subject. */
    URI
  }

  private PeerCertificate() {}

  /** Returns the names in a field of the peer's certificate; none without a certificate. */
  static List<String> names(SSLSession session, Field field) {
    try {
      Certificate[] chain = session.getPeerCertificates();
      return chain.length > 0 && chain[0] instanceof X509Certificate certificate
          ? names(certificate, field)
          : List.of();
    } catch (SSLPeerUnverifiedException none) {
      return List.of();
    }
  }

  static List<String> names(X509Certificate certificate, Field field) {
    return switch (field) {
      case URI -> uris(certificate);
      case COMMON_NAME -> {
        String name = commonName(certificate.getSubjectX500Principal().getEncoded());
        yield name == null ? List.of() : List.of(name);
      }
    };
  }

  private static List<String> uris(X509Certificate certificate) {
    List<String> uris = new ArrayList<>();
    try {
      Collection<List<?>> names = certificate.getSubjectAlternativeNames();
      for (List<?> name : names == null ? List.<List<?>>of() : names) {
        if (name.get(0) instanceof Integer kind
            && kind == URI_NAME
            && name.get(1) instanceof String uri) {
          uris.add(uri);
        }
      }
    } catch (CertificateParsingException malformed) {
      return List.of();
    }
    return uris;
  }

  /**
   * Returns the first common name of a subject in DER: a sequence of sets of pairs of an attribute
   * and a string. The texts that Java makes of subjects would have to be parsed and unescaped.
   */
  private static @Nullable String commonName(byte[] subject) {
    Der names = new Der(subject, 0, subject.length).contents();
    while (names.hasMore()) {
      Der attributes = names.contents();
      while (attributes.hasMore()) {
        Der pair = attributes.contents();
        if (pair.startsWith(COMMON_NAME)) {
          pair.contents();
          return pair.text();
        }
      }
    }
    return null;
  }

  /** A cursor over elements in DER (X.690), which the certificate's parser has validated. */
  private static final class Der {
    private final byte[] bytes;
    private int at;
    private final int end;

    Der(byte[] bytes, int at, int end) {
      this.bytes = bytes;
      this.at = at;
      this.end = end;
    }

    boolean hasMore() {
      return at < end;
    }

    boolean startsWith(byte[] element) {
      return end - at >= element.length
          && Arrays.equals(bytes, at, at + element.length, element, 0, element.length);
    }

    /** Moves past the next element, and returns a cursor over its contents. */
    Der contents() {
      int length = bytes[at + 1] & 0xff;
      int start = at + 2;
      if (length > 0x7f) { // the length's own length, and the length
        int lengthBytes = length & 0x7f;
        length = 0;
        for (int i = 0; i < lengthBytes; i++) {
          length = (length << 8) | (bytes[start + i] & 0xff);
        }
        start += lengthBytes;
      }
      at = start + length;
      return new Der(bytes, start, at);
    }

    /** Returns the next element, a string. */
    String text() {
      int kind = bytes[at];
      Charset charset =
          switch (kind) {
            case BMP_STRING -> StandardCharsets.UTF_16BE;
            case UTF8_STRING -> StandardCharsets.UTF_8;
            default -> StandardCharsets.ISO_8859_1;
          };
      Der contents = contents();
      return new String(contents.bytes, contents.at, contents.end - contents.at, charset);
    }
  }
}
