package io.redoubt.server.tuning;

import io.redoubt.protocol.tuning.ThreadPriority;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A thread that populates the pages of extents before they are handed out. The first touch of a
 * huge page blocks until the kernel has found and cleared two megabytes: a tenth of a millisecond
 * at best, five where the host of a virtual machine must find them first. Growth by a gigabyte
 * touches five hundred huge pages.
 *
 * <ul>
 *   <li>Buys: latency while data grows ({@code dist/benchmark latency}, rows one by one).
 *   <li>Costs: a thread, and at most eight extents of two megabytes in each part of the region.
 *   <li>Off while the data is small, and without huge pages.
 *   <li>Switch: the system property {@code io.redoubt.region.hugepages}, because all servers of the
 *       process share the region.
 * </ul>
 */
public final class PagePopulator {

  private record Order(long address, Queue<Long> ready) {}

  private final LongConsumer populate;
  private final Queue<Order> orders = new ConcurrentLinkedQueue<>();
  private @Nullable Thread thread;

  /**
   * Creates a populator; its thread starts with the first order.
   *
   * @param populate populates the pages of the extent at an address; called on the thread
   */
  public PagePopulator(LongConsumer populate) {
    this.populate = populate;
  }

  /** Queues an extent to be populated and then added to {@code ready}. One caller at a time. */
  public void order(long address, Queue<Long> ready) {
    orders.add(new Order(address, ready));
    Thread maker = thread;
    if (maker == null) {
      thread = Thread.ofPlatform().daemon().name("redoubt-pages").start(this::run);
    } else {
      LockSupport.unpark(maker);
    }
  }

  private void run() {
    ThreadPriority.lowerPriority(); // populating occupies a processor for milliseconds
    while (true) {
      Order order = orders.poll();
      if (order == null) {
        LockSupport.park(this);
      } else {
        populate.accept(order.address);
        order.ready.add(order.address);
      }
    }
  }
}
