package io.redoubt.dist.load;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.redoubt.protocol.resp.RequestEncoder;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The encoded requests of one pipeline. Each client has a copy, in which numbers of twelve digits
 * overwrite {@code __rand_int__}, so that sending encodes nothing.
 */
public final class RequestTemplate {
  private static final byte[] PLACE = "__rand_int__".getBytes(ISO_8859_1);

  private final byte[] bytes;
  private final int[] places;

  private RequestTemplate(byte[] bytes) {
    this.bytes = bytes;
    List<Integer> found = new ArrayList<>();
    for (int i = 0; i + PLACE.length <= bytes.length; i++) {
      if (startsAt(bytes, i)) {
        found.add(i);
        i += PLACE.length - 1;
      }
    }
    places = found.stream().mapToInt(Integer::intValue).toArray();
  }

  private static boolean startsAt(byte[] bytes, int at) {
    for (int i = 0; i < PLACE.length; i++) {
      if (bytes[at + i] != PLACE[i]) {
        return false;
      }
    }
    return true;
  }

  /** Repeats a request to fill a pipeline. */
  public static RequestTemplate of(byte[][] arguments, int pipeline) {
    return ofEncoded(RequestEncoder.encode(arguments), pipeline);
  }

  /** Repeats an encoded request, such as an inline one. */
  public static RequestTemplate ofEncoded(byte[] request, int pipeline) {
    ByteArrayOutputStream all = new ByteArrayOutputStream(request.length * pipeline);
    for (int i = 0; i < pipeline; i++) {
      all.writeBytes(request);
    }
    return new RequestTemplate(all.toByteArray());
  }

  /** Returns a copy of the bytes for one client. */
  public ByteBuffer buffer() {
    return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
  }

  /**
   * Replaces each placeholder by a random number.
   *
   * @param limit the exclusive upper bound of the numbers
   */
  public void randomize(ByteBuffer buffer, SplittableRandom random, long limit) {
    for (int place : places) {
      long number = limit == 0 ? 0 : random.nextLong(limit);
      for (int digit = PLACE.length - 1; digit >= 0; digit--) {
        buffer.put(place + digit, (byte) ('0' + number % 10));
        number /= 10;
      }
    }
  }
}
