package io.redoubt.protocol.session;

import io.redoubt.protocol.bytes.ByteString;

/** What a client says of itself: its name (CLIENT SETNAME, HELLO) and its library's. */
public final class ClientNames {
  private ByteString name = ByteString.EMPTY;
  private ByteString library = ByteString.EMPTY;
  private ByteString libraryVersion = ByteString.EMPTY;

  ClientNames() {}

  /** Its name, empty for none. */
  public ByteString name() {
    return name;
  }

  /** Gives it a name; empty takes it away. */
  public void name(ByteString newName) {
    name = newName;
  }

  /** CLIENT SETINFO LIB-NAME, empty for none. */
  public ByteString library() {
    return library;
  }

  void library(ByteString value) {
    library = value;
  }

  /** CLIENT SETINFO LIB-VER, empty for none. */
  public ByteString libraryVersion() {
    return libraryVersion;
  }

  void libraryVersion(ByteString value) {
    libraryVersion = value;
  }
}
