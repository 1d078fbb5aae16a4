package io.redoubt.server.assembly;

import io.redoubt.protocol.launch.Listeners;
import io.redoubt.protocol.net.Transport;
import io.redoubt.protocol.session.ClientRegistry;
import io.redoubt.server.lifecycle.PeriodicWork;
import io.redoubt.server.lifecycle.Shutdown;
import java.util.function.IntConsumer;

/**
 * Ends service before the process ends. From then on no request is executed, no connection is
 * accepted and no periodic work runs, however long the process takes to exit. A later write would
 * be in no file, and after a failed load clients would see an incomplete data set.
 */
final class EndOfService implements Shutdown.Host {
  private static final int FAILED = 1;

  private final Listeners listeners;
  private final Transport transport;
  private final ClientRegistry clients;
  private final PeriodicWork periodic;
  private final Shutdown.Slots slots;
  private final IntConsumer ended;

  /**
   * Creates the end of a server that does not serve yet.
   *
   * @param slots the hash slots that a replica may take over before
   * @param ended receives the exit status of the process
   */
  EndOfService(
      Listeners listeners,
      Transport transport,
      ClientRegistry clients,
      PeriodicWork periodic,
      Shutdown.Slots slots,
      IntConsumer ended) {
    this.listeners = listeners;
    this.transport = transport;
    this.clients = clients;
    this.periodic = periodic;
    this.slots = slots;
    this.ended = ended;
  }

  @Override
  public boolean isCronPaused() {
    return periodic.cron().isPaused();
  }

  @Override
  public Shutdown.Slots slots() {
    return slots;
  }

  @Override
  public void end() {
    halt();
    slots.leave();
    ended.accept(0);
  }

  /** Ends service because the data set is not whole, and closes all connections. */
  void fail() {
    halt();
    transport.closeChannels();
    ended.accept(FAILED);
  }

  private void halt() {
    clients.halt();
    listeners.close(); // before any listener is notified of the end
    periodic.stop();
  }
}
