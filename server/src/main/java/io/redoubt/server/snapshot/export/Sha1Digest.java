package io.redoubt.server.snapshot.export;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** A digest with ordered and unordered additions. */
final class Sha1Digest {

  private static final int BYTES = 20;

  private final MessageDigest sha1;
  private byte[] state = new byte[BYTES];

  Sha1Digest() {
    try {
      sha1 = MessageDigest.getInstance("SHA-1");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java platform has it
    }
  }

  void reset() {
    state = new byte[BYTES];
  }

  byte[] bytes() {
    return state;
  }

  /** Adds bytes; their order matters. */
  void chain(byte[] bytes) {
    mix(bytes);
    state = sha1.digest(state);
  }

  /** Adds a text; the order matters. */
  void chain(String text) {
    chain(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Adds bytes; their order does not matter. */
  void mix(byte[] bytes) {
    byte[] sum = sha1.digest(bytes);
    for (int i = 0; i < BYTES; i++) {
      state[i] ^= sum[i];
    }
  }
}
