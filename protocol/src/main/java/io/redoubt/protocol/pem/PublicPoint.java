package io.redoubt.protocol.pem;

import java.security.PrivateKey;
import java.security.PublicKey;
import java.util.Arrays;

/** The public point that the file of an elliptic curve's private key usually contains. */
public final class PublicPoint {
  /** The public point in a private key (RFC 5915): {@code [1] EXPLICIT}. */
  private static final int CONTEXT_1 = 0xA1;

  private PublicPoint() {}

  /**
   * Returns true if a private key contains the point of a public key. OpenSSL, too, compares this
   * point. To compute it takes Java a tenth of a second until the computation is compiled.
   *
   * @return false if the points differ in any form, or if the private key contains none
   */
  public static boolean isPartOf(PrivateKey key, PublicKey open) throws KeyFormatException {
    Der pkcs8 = Der.of(key.getEncoded()).next(Der.SEQUENCE);
    pkcs8.next(Der.INTEGER);
    pkcs8.next(Der.SEQUENCE);
    Der sec1 = pkcs8.next(Der.OCTETS).next(Der.SEQUENCE);
    sec1.next(Der.INTEGER);
    sec1.next(Der.OCTETS);
    if (sec1.isNext(Der.CONTEXT_0)) {
      sec1.next(Der.CONTEXT_0);
    }
    if (!sec1.isNext(CONTEXT_1)) {
      return false;
    }
    Der certified = Der.of(open.getEncoded()).next(Der.SEQUENCE);
    certified.next(Der.SEQUENCE);
    return Arrays.equals(
        sec1.next(CONTEXT_1).next(Der.BITS).rest(), certified.next(Der.BITS).rest());
  }
}
