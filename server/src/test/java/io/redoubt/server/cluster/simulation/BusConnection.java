package io.redoubt.server.cluster.simulation;

import io.redoubt.protocol.ProcessNetwork;

/** A connection from one node to another. */
final class BusConnection {
  final SimulatedClusterNode from;
  final int fromIncarnation;
  final int link;
  final SimulatedClusterNode to;
  final int toIncarnation;

  /** The id of the connection at the receiver. */
  final int inbound;

  final ProcessNetwork.Pipe there;
  final ProcessNetwork.Pipe back;
  boolean open = true;

  BusConnection(
      ProcessNetwork network,
      SimulatedClusterNode from,
      int link,
      SimulatedClusterNode to,
      int inbound) {
    this.from = from;
    this.fromIncarnation = from.incarnation();
    this.link = link;
    this.to = to;
    this.toIncarnation = to.incarnation();
    this.inbound = inbound;
    this.there = network.new Pipe(from.ip(), to.ip());
    this.back = network.new Pipe(to.ip(), from.ip());
  }

  /** Closes the connection at its opener; the receiver is notified. */
  void close() {
    open = false;
    back.close();
    there.put(() -> {
      there.close();
      to.onClosedByPeer(this);
    });
  }

  /** Closes the connection at the receiver or in the network; the opener is notified. */
  void breakOff() {
    if (open) {
      open = false;
      there.close();
      back.put(() -> {
        back.close();
        from.onClosed(this);
      });
    }
  }
}
