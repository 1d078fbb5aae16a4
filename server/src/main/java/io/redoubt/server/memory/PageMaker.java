package io.redoubt.server.memory;

import io.redoubt.protocol.process.ThreadPriority;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A thread that populates the pages of extents before they are handed out. The first touch of a
 * huge page blocks until the kernel has found and cleared two megabytes: a tenth of a millisecond
 * at best, five where the host of a virtual machine must find them first. Growth by a gigabyte
 * touches five hundred huge pages.
 */
final class PageMaker {

  private record Order(long address, Queue<Long> ready) {}

  private final NativeMemory memory;
  private final Queue<Order> orders = new ConcurrentLinkedQueue<>();
  private @Nullable Thread thread;

  PageMaker(NativeMemory memory) {
    this.memory = memory;
  }

  /** Queues an extent to be populated and then added to {@code ready}. One caller at a time. */
  void make(long address, Queue<Long> ready) {
    orders.add(new Order(address, ready));
    Thread maker = thread;
    if (maker == null) {
      thread = Thread.ofPlatform().daemon().name("redoubt-pages").start(this::run);
    } else {
      LockSupport.unpark(maker);
    }
  }

  private void run() {
    ThreadPriority.lowerPriority(); // it occupies a processor for milliseconds
    while (true) {
      Order order = orders.poll();
      if (order == null) {
        LockSupport.park(this);
      } else {
        memory.makePages(order.address, Region.EXTENT_BYTES);
        order.ready.add(order.address);
      }
    }
  }
}
