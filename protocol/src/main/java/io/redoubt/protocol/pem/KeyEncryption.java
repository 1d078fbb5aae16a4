package io.redoubt.protocol.pem;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import javax.crypto.BadPaddingException;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.IllegalBlockSizeException;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Decrypts private keys: PKCS #8 with the schemes of PKCS #5 (RFC 8018), and OpenSSL's older scheme
 * with a header in the PEM block.
 */
final class KeyEncryption {
  /** The header of an encrypted block: cipher, comma, initialization vector in hexadecimal. */
  static final String HEADER = "dek-info";

  private static final String PBES2 = "1.2.840.113549.1.5.13";
  private static final String PBKDF2 = "1.2.840.113549.1.5.12";

  /** The default of PBKDF2, HMAC with SHA-1. */
  private static final String HMAC_SHA1 = "1.2.840.113549.2.7";

  private static final Map<String, String> HASHES =
      Map.of(
          HMAC_SHA1,
          "PBKDF2WithHmacSHA1",
          "1.2.840.113549.2.8",
          "PBKDF2WithHmacSHA224",
          "1.2.840.113549.2.9",
          "PBKDF2WithHmacSHA256",
          "1.2.840.113549.2.10",
          "PBKDF2WithHmacSHA384",
          "1.2.840.113549.2.11",
          "PBKDF2WithHmacSHA512");

  /** The number of bytes of salt in OpenSSL's older scheme: the first ones of the vector. */
  private static final int SALT_BYTES = 8;

  private static final int MAX_ITERATIONS = 100_000_000;
  private static final int MAX_KEY_BYTES = 64;

  /** A cipher with the length of its key. */
  private record BlockCipher(String transformation, int keyBytes) {
    private static final String AES = "AES/CBC/PKCS5Padding";
    private static final String TRIPLE_DES = "DESede/CBC/PKCS5Padding";
    private static final String DES = "DES/CBC/PKCS5Padding";

    /** Returns the cipher of a name of OpenSSL or an object identifier. */
    static BlockCipher of(String name) throws KeyFormatException {
      return switch (name) {
        case "AES-128-CBC", "2.16.840.1.101.3.4.1.2" -> new BlockCipher(AES, 16);
        case "AES-192-CBC", "2.16.840.1.101.3.4.1.22" -> new BlockCipher(AES, 24);
        case "AES-256-CBC", "2.16.840.1.101.3.4.1.42" -> new BlockCipher(AES, 32);
        case "DES-EDE3-CBC", "1.2.840.113549.3.7" -> new BlockCipher(TRIPLE_DES, 24);
        case "DES-CBC", "1.3.14.3.2.7" -> new BlockCipher(DES, 8);
        default -> throw unsupported(name);
      };
    }

    byte[] decrypt(byte[] key, byte[] vector, byte[] encrypted) throws KeyFormatException {
      try {
        Cipher cipher = Cipher.getInstance(transformation);
        String algorithm = transformation.substring(0, transformation.indexOf('/'));
        cipher.init(
            Cipher.DECRYPT_MODE, new SecretKeySpec(key, algorithm), new IvParameterSpec(vector));
        return cipher.doFinal(encrypted);
      } catch (BadPaddingException | IllegalBlockSizeException e) {
        throw wrongPassword(e);
      } catch (GeneralSecurityException e) {
        throw new KeyFormatException("the key is damaged: " + e.getMessage(), e);
      }
    }
  }

  private KeyEncryption() {}

  private static KeyFormatException unsupported(String scheme) {
    return new KeyFormatException(
        "keys encrypted with "
            + scheme
            + " are not supported (openssl pkcs8 -topk8 converts them)");
  }

  private static KeyFormatException wrongPassword(Throwable cause) {
    return new KeyFormatException("bad decrypt: the password is wrong", cause);
  }

  private static void require(String password) throws KeyFormatException {
    if (password.isEmpty()) {
      throw new KeyFormatException("the key is encrypted and there is no password for it");
    }
  }

  /** Decrypts a block with {@link #HEADER}. */
  static byte[] decryptBlock(PemFile.Block block, String password) throws KeyFormatException {
    require(password);
    String[] words = String.valueOf(block.headers().get(HEADER)).split(",", 2);
    if (words.length != 2) {
      throw new KeyFormatException("no cipher and initialization vector in DEK-Info");
    }
    BlockCipher cipher = BlockCipher.of(words[0].strip().toUpperCase(Locale.ROOT));
    byte[] vector;
    try {
      vector = HexFormat.of().parseHex(words[1].strip());
    } catch (IllegalArgumentException e) {
      throw new KeyFormatException("the initialization vector in DEK-Info is not hexadecimal", e);
    }
    byte[] salt = Arrays.copyOf(vector, SALT_BYTES);
    return cipher.decrypt(md5Key(password, salt, cipher.keyBytes()), vector, block.der());
  }

  /** Derives a key as OpenSSL's EVP_BytesToKey does: each digest covers the one before. */
  private static byte[] md5Key(String password, byte[] salt, int length) {
    try {
      MessageDigest md5 = MessageDigest.getInstance("MD5");
      byte[] key = new byte[length];
      byte[] digest = new byte[0];
      for (int filled = 0; filled < length; filled += digest.length) {
        md5.update(digest);
        md5.update(password.getBytes(UTF_8));
        digest = md5.digest(salt);
        System.arraycopy(digest, 0, key, filled, Math.min(digest.length, length - filled));
      }
      return key;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java platform has it
    }
  }

  /** Decrypts an EncryptedPrivateKeyInfo. */
  static byte[] decryptPkcs8(byte[] der, String password) throws KeyFormatException {
    require(password);
    Der info = Der.of(der).next(Der.SEQUENCE);
    Der scheme = info.next(Der.SEQUENCE);
    byte[] encrypted = info.next(Der.OCTETS).rest();
    String name = scheme.oid();
    if (!name.equals(PBES2)) {
      return decryptOlder(der, name, password);
    }
    Der parameters = scheme.next(Der.SEQUENCE);
    Der derivation = parameters.next(Der.SEQUENCE);
    Der encryption = parameters.next(Der.SEQUENCE);
    BlockCipher cipher = BlockCipher.of(encryption.oid());
    byte[] vector = encryption.next(Der.OCTETS).rest();
    String function = derivation.oid();
    if (!function.equals(PBKDF2)) {
      throw unsupported(function);
    }
    byte[] key = derived(derivation.next(Der.SEQUENCE), password, cipher.keyBytes());
    return cipher.decrypt(key, vector, encrypted);
  }

  private static byte[] derived(Der parameters, String password, int length)
      throws KeyFormatException {
    byte[] salt = parameters.next(Der.OCTETS).rest();
    int iterations = parameters.number(MAX_ITERATIONS);
    if (parameters.isNext(Der.INTEGER)) {
      parameters.number(MAX_KEY_BYTES); // follows from the cipher
    }
    String hash = parameters.hasMore() ? parameters.next(Der.SEQUENCE).oid() : HMAC_SHA1;
    @Nullable String algorithm = HASHES.get(hash);
    if (algorithm == null) {
      throw unsupported(hash);
    }
    try {
      PBEKeySpec wanted =
          new PBEKeySpec(password.toCharArray(), salt, iterations, length * Byte.SIZE);
      return SecretKeyFactory.getInstance(algorithm).generateSecret(wanted).getEncoded();
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new KeyFormatException("the key is damaged: " + e.getMessage(), e);
    }
  }

  /** Decrypts with a scheme of PKCS #5 version 1.5 or of PKCS #12, which Java has by its name. */
  private static byte[] decryptOlder(byte[] der, String scheme, String password)
      throws KeyFormatException {
    try {
      EncryptedPrivateKeyInfo info = new EncryptedPrivateKeyInfo(der);
      AlgorithmParameters parameters = info.getAlgParameters();
      SecretKey key =
          SecretKeyFactory.getInstance(info.getAlgName())
              .generateSecret(new PBEKeySpec(password.toCharArray()));
      Cipher cipher = Cipher.getInstance(info.getAlgName());
      cipher.init(Cipher.DECRYPT_MODE, key, parameters);
      return cipher.doFinal(info.getEncryptedData());
    } catch (NoSuchAlgorithmException e) {
      throw unsupported(scheme);
    } catch (BadPaddingException | IllegalBlockSizeException e) {
      throw wrongPassword(e);
    } catch (GeneralSecurityException | IOException e) {
      throw new KeyFormatException("the key is damaged: " + e.getMessage(), e);
    }
  }
}
