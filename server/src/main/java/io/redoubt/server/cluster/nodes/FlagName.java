package io.redoubt.server.cluster.nodes;

import io.redoubt.server.cluster.message.NodeFlag;

/** The names of the flags in {@code nodes.conf} and CLUSTER NODES, in the order of the text. */
enum FlagName {
  MYSELF("myself", NodeFlag.MYSELF),
  MASTER("master", NodeFlag.MASTER),
  REPLICA("slave", NodeFlag.REPLICA),
  PFAIL("fail?", NodeFlag.PFAIL),
  FAIL("fail", NodeFlag.FAIL),
  HANDSHAKE("handshake", NodeFlag.HANDSHAKE),
  NOADDR("noaddr", NodeFlag.NOADDR),
  NOFAILOVER("nofailover", NodeFlag.NOFAILOVER);

  private final String text;
  private final int bit;

  FlagName(String text, int bit) {
    this.text = text;
    this.bit = bit;
  }

  String text() {
    return text;
  }

  int bit() {
    return bit;
  }
}
