package io.redoubt.protocol.pem;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.util.Arrays;

/**
 * A cursor over values in DER (ITU-T X.690), which are a tag, a length and that many bytes. Tags
 * have one byte and lengths up to four, which suffices for keys.
 */
final class Der {
  static final int INTEGER = 0x02;
  static final int BITS = 0x03;
  static final int OCTETS = 0x04;
  static final int NULL = 0x05;
  static final int OID = 0x06;
  static final int SEQUENCE = 0x30;

  /** The parameters of an elliptic curve's key: {@code [0] EXPLICIT}. */
  static final int CONTEXT_0 = 0xA0;

  private static final int LONG_LENGTH = 0x80;
  private static final int MAX_LENGTH_BYTES = 4;

  private final byte[] bytes;
  private int at;
  private final int end;

  private Der(byte[] bytes, int from, int end) {
    this.bytes = bytes;
    this.at = from;
    this.end = end;
  }

  static Der of(byte[] bytes) {
    return new Der(bytes, 0, bytes.length);
  }

  boolean hasMore() {
    return at < end;
  }

  /** Returns true if the next value has this tag. */
  boolean isNext(int tag) {
    return at < end && (bytes[at] & 0xFF) == tag;
  }

  /** Returns the content of the next value, which must have this tag. */
  Der next(int tag) throws KeyFormatException {
    if (!isNext(tag)) {
      throw new KeyFormatException("the key is damaged");
    }
    at++;
    int length = length();
    if (length < 0 || length > end - at) {
      throw new KeyFormatException("the key is cut off");
    }
    Der content = new Der(bytes, at, at + length);
    at += length;
    return content;
  }

  private int length() throws KeyFormatException {
    int first = octet();
    if (first < LONG_LENGTH) {
      return first;
    }
    int count = first - LONG_LENGTH;
    if (count > MAX_LENGTH_BYTES) {
      throw new KeyFormatException("the key is damaged");
    }
    int length = 0;
    for (int i = 0; i < count; i++) {
      length = (length << Byte.SIZE) | octet();
    }
    return length;
  }

  private int octet() throws KeyFormatException {
    if (at == end) {
      throw new KeyFormatException("the key is cut off");
    }
    return bytes[at++] & 0xFF;
  }

  /** Returns the bytes from here to the end. */
  byte[] rest() {
    return Arrays.copyOfRange(bytes, at, end);
  }

  /** Returns the next value, a number from 0 to {@code most}. */
  int number(int most) throws KeyFormatException {
    byte[] digits = next(INTEGER).rest();
    BigInteger value = digits.length == 0 ? BigInteger.ZERO : new BigInteger(digits);
    if (value.signum() < 0 || value.compareTo(BigInteger.valueOf(most)) > 0) {
      throw new KeyFormatException("the key is damaged");
    }
    return value.intValue();
  }

  /** Returns the next value, an object identifier, as numbers with dots. */
  String oid() throws KeyFormatException {
    Der content = next(OID);
    StringBuilder text = new StringBuilder();
    while (content.hasMore()) {
      long arc = 0;
      int octet;
      do {
        octet = content.octet();
        arc = arc << 7 | (octet & 0x7F);
      } while (octet >= LONG_LENGTH);
      if (text.isEmpty()) {
        long first = Math.min(arc / 40, 2);
        text.append(first).append('.').append(arc - first * 40);
      } else {
        text.append('.').append(arc);
      }
    }
    return text.toString();
  }

  /** Returns a value with the given parts as content. */
  static byte[] value(int tag, byte[]... parts) {
    int length = 0;
    for (byte[] part : parts) {
      length += part.length;
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(tag);
    if (length < LONG_LENGTH) {
      out.write(length);
    } else {
      byte[] digits = BigInteger.valueOf(length).toByteArray();
      int skipped = digits[0] == 0 ? 1 : 0;
      out.write(LONG_LENGTH + digits.length - skipped);
      out.write(digits, skipped, digits.length - skipped);
    }
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }
}
