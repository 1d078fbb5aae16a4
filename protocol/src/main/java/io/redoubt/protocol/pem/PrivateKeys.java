package io.redoubt.protocol.pem;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Set;

/**
 * Decodes private keys. Java reads PKCS #8 (RFC 5958); the older forms PKCS #1 (RFC 8017, A.1.2)
 * and SEC 1 (RFC 5915) are its content without the name of the algorithm, which is added here.
 */
final class PrivateKeys {
  private static final String PKCS8 = "PRIVATE KEY";
  private static final String ENCRYPTED_PKCS8 = "ENCRYPTED PRIVATE KEY";
  private static final String PKCS1 = "RSA PRIVATE KEY";
  private static final String SEC1 = "EC PRIVATE KEY";
  private static final Set<String> LABELS = Set.of(PKCS8, ENCRYPTED_PKCS8, PKCS1, SEC1);

  private static final byte[] VERSION = Der.value(Der.INTEGER, new byte[] {0});

  /** 1.2.840.113549.1.1.1. */
  private static final byte[] RSA = {
    0x2A, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xF7, 13, 1, 1, 1
  };

  /** 1.2.840.10045.2.1. */
  private static final byte[] ELLIPTIC_CURVE = {0x2A, (byte) 0x86, 0x48, (byte) 0xCE, 0x3D, 2, 1};

  private PrivateKeys() {}

  static boolean isKey(String label) {
    return LABELS.contains(label);
  }

  static PrivateKey decode(PemFile.Block block, String password) throws KeyFormatException {
    byte[] der =
        block.headers().containsKey(KeyEncryption.HEADER)
            ? KeyEncryption.decryptBlock(block, password)
            : block.der();
    byte[] pkcs8 =
        switch (block.label()) {
          case PKCS1 -> wrapped(Der.value(Der.OID, RSA), Der.value(Der.NULL), der);
          case SEC1 -> wrapped(Der.value(Der.OID, ELLIPTIC_CURVE), curve(der), der);
          case ENCRYPTED_PKCS8 -> KeyEncryption.decryptPkcs8(der, password);
          default -> der;
        };
    Der key = Der.of(pkcs8).next(Der.SEQUENCE);
    key.next(Der.INTEGER);
    String algorithm = key.next(Der.SEQUENCE).oid();
    try {
      return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
    } catch (NoSuchAlgorithmException e) {
      throw new KeyFormatException("keys of the kind " + algorithm + " are not supported", e);
    } catch (GeneralSecurityException e) {
      throw new KeyFormatException("the key is invalid: " + e.getMessage(), e);
    }
  }

  private static byte[] wrapped(byte[] algorithm, byte[] parameters, byte[] key) {
    return Der.value(
        Der.SEQUENCE,
        VERSION,
        Der.value(Der.SEQUENCE, algorithm, parameters),
        Der.value(Der.OCTETS, key));
  }

  /** Returns the name of the curve of a key in SEC 1, as a value in DER. */
  private static byte[] curve(byte[] sec1) throws KeyFormatException {
    Der key = Der.of(sec1).next(Der.SEQUENCE);
    key.next(Der.INTEGER);
    key.next(Der.OCTETS);
    if (!key.isNext(Der.CONTEXT_0)) {
      throw new KeyFormatException("the key does not name its curve");
    }
    return key.next(Der.CONTEXT_0).rest();
  }
}
