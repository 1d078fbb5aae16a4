package io.redoubt.server.memory;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A thread that has the system make the pages of extents before they are handed out. The first
 * touch of a huge page waits until two megabytes have been found and cleared: a tenth of a
 * millisecond at best, five where the host of a virtual machine must find them first; and whatever
 * grows by a gigabyte touches five hundred of them.
 */
final class PageMaker {

  private record Order(long address, Queue<Long> ready) {}

  private final NativeMemory memory;
  private final Queue<Order> orders = new ConcurrentLinkedQueue<>();
  private @Nullable Thread thread;

  PageMaker(NativeMemory memory) {
    this.memory = memory;
  }

  /**
   * Has the pages of an extent made, which then joins those that are ready. One caller at a time.
   */
  void make(long address, Queue<Long> ready) {
    orders.add(new Order(address, ready));
    Thread maker = thread;
    if (maker == null) {
      // It keeps a processor for milliseconds; the launchers have the JVM heed priorities.
      thread =
          Thread.ofPlatform()
              .daemon()
              .name("redoubt-pages")
              .priority(Thread.MIN_PRIORITY)
              .start(this::run);
    } else {
      LockSupport.unpark(maker);
    }
  }

  private void run() {
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
