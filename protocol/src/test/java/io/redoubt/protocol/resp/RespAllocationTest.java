package io.redoubt.protocol.resp;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.redoubt.protocol.bytes.BufferMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Decoding a request and writing its reply allocate nothing. */
@Tag("optimized")
class RespAllocationTest {

  private static final int ROUNDS = 100_000;

  /** The allowance for the measurement itself and for a method compiled meanwhile. */
  private static final long ALLOWED_BYTES = ROUNDS / 10;

  private interface Round {
    void run() throws ProtocolException;
  }

  private static long allocatedBytes(Round round) throws ProtocolException {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    for (int i = 0; i < ROUNDS; i++) {
      round.run();
    }
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < ROUNDS; i++) {
      round.run();
    }
    return threads.getCurrentThreadAllocatedBytes() - before;
  }

  @Test
  void decodingAndReplyingAllocateNothing() throws ProtocolException {
    String value = "x".repeat(64);
    byte[] stream =
        ("*3\r\n$3\r\nSET\r\n$16\r\nkey:000000000001\r\n$64\r\n"
                + value
                + "\r\n*2\r\n$3\r\nGET\r\n$16\r\nkey:000000000001\r\n")
            .getBytes(US_ASCII);
    MemorySegment memory = Arena.global().allocate(stream.length);
    memory.copyFrom(MemorySegment.ofArray(stream));
    RequestDecoder decoder = new RequestDecoder(new Limits(), BufferMemory.offHeap());
    Request request = new Request();
    try (ReplyCollector out = new ReplyCollector(BufferMemory.offHeap())) {
      ReplyWriter writer = new ReplyWriter(out);
      long allocated =
          allocatedBytes(() -> {
            out.clear();
            long at = 0;
            while (at < stream.length) {
              at = decoder.decode(memory, at, stream.length, request);
              if (request.is(0, "get")) {
                writer.bulk(memory, request.offset(1), request.length(1));
                writer.integer(at);
                writer.doubleValue(3.14);
              } else {
                writer.ok();
              }
            }
          });
      assertThat(allocated).isLessThan(ALLOWED_BYTES);
    }
  }

  @Test
  void fragmentedRequestsAllocateNothing() throws ProtocolException {
    byte[] stream = "*2\r\n$3\r\nGET\r\n$16\r\nkey:000000000001\r\n".getBytes(US_ASCII);
    MemorySegment memory = Arena.global().allocate(stream.length);
    memory.copyFrom(MemorySegment.ofArray(stream));
    RequestDecoder decoder = new RequestDecoder(new Limits(), BufferMemory.offHeap());
    Request request = new Request();
    long allocated =
        allocatedBytes(() -> {
          for (int there = 0; there < stream.length; there += 5) {
            decoder.decode(memory, 0, there, request);
          }
          decoder.decode(memory, 0, stream.length, request);
        });
    assertThat(allocated).isLessThan(ALLOWED_BYTES);
  }
}
