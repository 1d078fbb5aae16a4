package io.redoubt.protocol.session;

import io.redoubt.protocol.bytes.ByteString;

/**
 * The names set by a client: its own (CLIENT SETNAME, HELLO) and its library's (CLIENT SETINFO).
 */
public final class ClientNames {
  private ByteString name = ByteString.EMPTY;
  private ByteString library = ByteString.EMPTY;
  private ByteString libraryVersion = ByteString.EMPTY;

  ClientNames() {}

  /** Returns the client's name, empty for none. */
  public ByteString name() {
    return name;
  }

  /** Sets the client's name, empty for none. */
  public void setName(ByteString newName) {
    name = newName;
  }

  /** Returns the name set by CLIENT SETINFO LIB-NAME, empty for none. */
  public ByteString library() {
    return library;
  }

  public void setLibrary(ByteString value) {
    library = value;
  }

  /** Returns the version set by CLIENT SETINFO LIB-VER, empty for none. */
  public ByteString libraryVersion() {
    return libraryVersion;
  }

  public void setLibraryVersion(ByteString value) {
    libraryVersion = value;
  }
}
