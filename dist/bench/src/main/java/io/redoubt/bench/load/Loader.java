package io.redoubt.bench.load;

import io.redoubt.bench.measure.ErrorReplyException;
import io.redoubt.bench.measure.MeasuredServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests over one connection as fast as a server accepts them, while another thread counts
 * the replies. Each request must be answered with one line.
 */
public final class Loader {
  /** Writes the requests of the elements {@code [from, to)} of a data set. */
  @FunctionalInterface
  public interface Source {
    void write(RequestBuffer requests, int from, int to);
  }

  /** The number of elements written at once, a multiple of {@link DataSets#BATCH}. */
  private static final int STEP = 1000;

  private final Socket socket;
  private final CountDownLatch allRead = new CountDownLatch(1);
  private volatile long sent = Long.MAX_VALUE;
  private volatile @Nullable String failure;

  private Loader(Socket socket) {
    this.socket = socket;
  }

  /**
   * Sends the requests of all elements and waits for the replies.
   *
   * @throws ErrorReplyException if one of them is an error
   */
  public static void load(MeasuredServer server, int elements, Source source)
      throws IOException, InterruptedException {
    load(server, 0, elements, source);
  }

  /** Loads the elements {@code [from, to)}, like {@link #load(MeasuredServer, int, Source)}. */
  public static void load(MeasuredServer server, int from, int to, Source source)
      throws IOException, InterruptedException {
    try (Socket socket = server.socket()) {
      String failure = new Loader(socket).run(from, to, source);
      if (failure != null) {
        throw new ErrorReplyException(server, failure);
      }
    }
  }

  /**
   * Sends the requests of the elements {@code [from, to)} one by one, each after the reply to the
   * previous one.
   *
   * @param each the number of elements per request
   * @throws ErrorReplyException if a reply is an error
   */
  public static void loadOneByOne(MeasuredServer server, int from, int to, int each, Source source)
      throws IOException {
    try (Socket socket = server.socket()) {
      BufferedReader replies =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
      RequestBuffer requests = new RequestBuffer();
      for (int at = from; at < to; at += each) {
        source.write(requests, at, Math.min(to, at + each));
        requests.drainTo(socket.getOutputStream());
        String reply = replies.readLine();
        if (reply == null || reply.startsWith("-")) {
          throw new ErrorReplyException(server, String.valueOf(reply));
        }
      }
    }
  }

  /** Returns the first error, or null if all requests succeeded. */
  private @Nullable String run(int first, int elements, Source source)
      throws IOException, InterruptedException {
    Thread.ofPlatform().daemon().name("replies").start(this::countReplies);
    RequestBuffer requests = new RequestBuffer();
    long count = 0;
    for (int from = first; from < elements && failure == null; from += STEP) {
      source.write(requests, from, Math.min(elements, from + STEP));
      count += requests.requests();
      requests.drainTo(socket.getOutputStream());
    }
    // The PING adds one reply, so that the count is set before the last reply arrives.
    sent = count + 1;
    requests.request(1).word("PING").drainTo(socket.getOutputStream());
    allRead.await();
    return failure;
  }

  private void countReplies() {
    byte[] bytes = new byte[1 << 16];
    long lines = 0;
    boolean lineStarts = true;
    try {
      InputStream in = socket.getInputStream();
      while (lines < sent) {
        int length = in.read(bytes);
        if (length < 0) {
          throw new IOException("connection closed by the server");
        }
        for (int at = 0; at < length; at++) {
          if (lineStarts && bytes[at] == '-' && failure == null) {
            String rest = new String(bytes, at, length - at, StandardCharsets.UTF_8);
            failure = rest.lines().findFirst().orElse(rest);
          }
          lineStarts = bytes[at] == '\n';
          lines += lineStarts ? 1 : 0;
        }
      }
    } catch (IOException e) {
      failure = String.valueOf(e.getMessage());
    } finally {
      allRead.countDown();
    }
  }
}
