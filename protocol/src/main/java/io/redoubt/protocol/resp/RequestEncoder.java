package io.redoubt.protocol.resp;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.bytes.Utf8;
import java.util.List;

/** Encodes requests as clients send them: arrays of bulk strings. */
public final class RequestEncoder {

  private RequestEncoder() {}

  /** Encodes arguments, in UTF-8. */
  public static byte[] encode(String... words) {
    byte[][] arguments = new byte[words.length][];
    for (int i = 0; i < words.length; i++) {
      arguments[i] = Utf8.encode(words[i]);
    }
    return encode(arguments);
  }

  /** Encodes arguments, in UTF-8. */
  public static byte[] encode(List<String> words) {
    return encode(words.toArray(String[]::new));
  }

  public static byte[] encode(byte[]... arguments) {
    int length = lineLength(arguments.length);
    for (byte[] argument : arguments) {
      length = Math.addExact(length, lineLength(argument.length) + 2);
      length = Math.addExact(length, argument.length);
    }
    byte[] bytes = new byte[length];
    int at = putLine(bytes, 0, '*', arguments.length);
    for (byte[] argument : arguments) {
      at = putLine(bytes, at, '$', argument.length);
      System.arraycopy(argument, 0, bytes, at, argument.length);
      at += argument.length;
      bytes[at++] = '\r';
      bytes[at++] = '\n';
    }
    return bytes;
  }

  /** Writes a request with the arguments of {@code request}. */
  public static void write(ReplyWriter target, Request request) {
    target.array(request.count());
    for (int i = 0; i < request.count(); i++) {
      target.bulk(request.memory(), request.offset(i), request.length(i));
    }
  }

  private static int lineLength(int number) {
    return 3 + Integer.toString(number).length();
  }

  private static int putLine(byte[] bytes, int from, char type, int number) {
    int at = from;
    bytes[at++] = (byte) type;
    for (byte digit : Integer.toString(number).getBytes(UTF_8)) {
      bytes[at++] = digit;
    }
    bytes[at++] = '\r';
    bytes[at++] = '\n';
    return at;
  }
}
