package io.redoubt.protocol.bytes;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;

/**
 * UTF-8 that round-trips any bytes: malformed bytes become the lone surrogates U+DC80 to U+DCFF and
 * are encoded as the same bytes again. Readable texts can thus quote client input exactly.
 */
public final class Utf8 {
  private static final char ESCAPE = '\uDC00';

  private Utf8() {}

  /** Decodes bytes to text. */
  public static String decode(byte[] bytes) {
    var decoder =
        UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(bytes.length);
    while (true) {
      CoderResult result = decoder.decode(in, out, true);
      if (!result.isError()) {
        return out.flip().toString();
      }
      for (int i = 0; i < result.length(); i++) {
        out.put((char) (ESCAPE + (in.get() & 0xff)));
      }
      decoder.reset();
    }
  }

  /** Encodes a text of {@link #decode} to the original bytes. */
  public static byte[] encode(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        return encodeEscapes(text);
      }
    }
    return text.getBytes(UTF_8);
  }

  private static byte[] encodeEscapes(String text) {
    var bytes = new ByteArrayOutputStream(text.length() + 16);
    text.codePoints()
        .forEach(point -> {
          if (point >= ESCAPE + 0x80 && point <= ESCAPE + 0xff) {
            bytes.write(point - ESCAPE);
          } else {
            bytes.writeBytes(Character.toString(point).getBytes(UTF_8));
          }
        });
    return bytes.toByteArray();
  }
}
