package io.redoubt.server.cluster.slot;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A hash tag for each slot: three letters or digits whose CRC is the slot. */
public final class SlotTag {
  private static final byte[] ALPHABET =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
          .getBytes(StandardCharsets.US_ASCII);

  private static final byte NONE = -1;

  /**
   * The index of the last character by the slot of the tag {@code 000} with that character. The CRC
   * is linear, so that the last character changes the slot of any other tag by the same bits.
   */
  private static final byte[] LAST = last();

  private SlotTag() {}

  private static byte[] last() {
    byte[] last = new byte[SlotSet.SLOTS];
    Arrays.fill(last, NONE);
    for (byte i = 0; i < ALPHABET.length; i++) {
      last[slot('0', '0', ALPHABET[i])] = i;
    }
    return last;
  }

  private static int slot(int first, int second, int third) {
    return KeySlot.of(new byte[] {(byte) first, (byte) second, (byte) third});
  }

  /** Returns the slot of a tag. */
  public static int slot(String tag) {
    return KeySlot.of(tag.getBytes(StandardCharsets.UTF_8));
  }

  /** Returns the tag of a slot. */
  public static String of(int slot) {
    int zero = slot('0', '0', '0');
    for (byte first : ALPHABET) {
      for (byte second : ALPHABET) {
        int third = LAST[slot ^ slot(first, second, '0') ^ zero];
        if (third != NONE) {
          return new String(new byte[] {first, second, ALPHABET[third]}, StandardCharsets.US_ASCII);
        }
      }
    }
    throw new IllegalArgumentException("no tag of slot " + slot);
  }
}
