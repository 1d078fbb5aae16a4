package io.redoubt.bench.load;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Encodes successive requests into a reused byte array, without garbage. */
public final class RequestBuffer {
  private static final int MAX_DIGITS = 20;

  private byte[] bytes = new byte[1 << 16];
  private int length;
  private int requests;

  /** Starts a request of the given number of arguments, which must follow. */
  public RequestBuffer request(int words) {
    requests++;
    return header('*', words);
  }

  /** Appends an ASCII argument. */
  public RequestBuffer word(String text) {
    header('$', text.length());
    reserve(text.length() + 2);
    text(text);
    return lineEnd();
  }

  /** Appends an argument that is a number. */
  public RequestBuffer number(long number) {
    int digits = digits(number);
    header('$', digits);
    return digits(number, digits).lineEnd();
  }

  /** Appends an argument made of a name and a number of the given number of digits. */
  public RequestBuffer numbered(String name, long number, int digits) {
    header('$', name.length() + digits);
    reserve(name.length() + digits + 2);
    text(name);
    return digits(number, digits).lineEnd();
  }

  /** Returns the number of encoded requests. */
  public int requests() {
    return requests;
  }

  /** Writes all requests and clears the buffer. */
  void drainTo(OutputStream out) throws IOException {
    out.write(bytes, 0, length);
    clear();
  }

  /**
   * Writes all requests, also to a channel that takes only a part at a time, and clears the buffer.
   */
  void drainTo(WritableByteChannel channel) throws IOException {
    ByteBuffer left = ByteBuffer.wrap(bytes, 0, length);
    while (left.hasRemaining()) {
      channel.write(left);
    }
    clear();
  }

  private void clear() {
    length = 0;
    requests = 0;
  }

  private RequestBuffer header(char mark, int number) {
    reserve(1 + MAX_DIGITS + 2);
    bytes[length++] = (byte) mark;
    return digits(number, digits(number)).lineEnd();
  }

  @SuppressWarnings("deprecation") // ASCII only; makes no copy
  private void text(String text) {
    text.getBytes(0, text.length(), bytes, length);
    length += text.length();
  }

  private static int digits(long number) {
    int digits = 1;
    for (long rest = number / 10; rest > 0; rest /= 10) {
      digits++;
    }
    return digits;
  }

  private RequestBuffer digits(long number, int digits) {
    reserve(digits + 2);
    long rest = number;
    for (int at = length + digits - 1; at >= length; at--) {
      bytes[at] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    length += digits;
    return this;
  }

  private RequestBuffer lineEnd() {
    bytes[length++] = '\r';
    bytes[length++] = '\n';
    return this;
  }

  private void reserve(int more) {
    if (length + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, 2 * bytes.length + more);
    }
  }

  @Override
  public String toString() {
    return new String(bytes, 0, length, StandardCharsets.US_ASCII);
  }
}
