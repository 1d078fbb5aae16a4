package io.redoubt.server.cluster.simulation;

import io.redoubt.protocol.ProcessNetwork;

/** A connection from one node to another. */
final class BusConnection {
  final SimulatedNode from;
  final int fromIncarnation;
  final int link;
  final SimulatedNode to;
  final int toIncarnation;

  /** The id that the receiver knows it by. */
  final int inbound;

  final ProcessNetwork.Pipe there;
  final ProcessNetwork.Pipe back;
  boolean open = true;

  BusConnection(
      ProcessNetwork network, SimulatedNode from, int link, SimulatedNode to, int inbound) {
    this.from = from;
    this.fromIncarnation = from.incarnation();
    this.link = link;
    this.to = to;
    this.toIncarnation = to.incarnation();
    this.inbound = inbound;
    this.there = network.new Pipe(from.ip(), to.ip());
    this.back = network.new Pipe(to.ip(), from.ip());
  }

  /** Closes it by the node that opened it; the receiver learns of it. */
  void close() {
    open = false;
    back.close();
    there.put(() -> {
      there.close();
      to.closedByPeer(this);
    });
  }

  /** Closes it by the receiver or the network; the node that opened it learns of it. */
  void breakOff() {
    if (open) {
      open = false;
      there.close();
      back.put(() -> {
        back.close();
        from.closed(this);
      });
    }
  }
}
