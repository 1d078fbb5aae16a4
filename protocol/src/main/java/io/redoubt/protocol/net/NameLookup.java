package io.redoubt.protocol.net;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** A resolver of host names, which may block. */
@FunctionalInterface
public interface NameLookup {
  InetAddress find(String name) throws UnknownHostException;

  /** Returns the system's resolver. */
  static NameLookup ofSystem() {
    return InetAddress::getByName;
  }
}
