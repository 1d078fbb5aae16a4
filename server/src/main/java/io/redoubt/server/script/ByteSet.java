package io.redoubt.server.script;

/** A set of bytes, such as the character classes of Lua's patterns in the C locale. */
final class ByteSet {

  /** All bytes. */
  static final ByteSet ALL = new ByteSet().others();

  private final long[] words = new long[4];

  /** Returns the set of one byte. */
  static ByteSet of(int c) {
    ByteSet set = new ByteSet();
    set.add(c);
    return set;
  }

  /** Returns the class of a letter after a percent sign; any other character stands for itself. */
  static ByteSet ofClass(int letter) {
    ByteSet set = new ByteSet();
    int lower = letter | 0x20;
    switch (lower) {
      case 'a' -> set.addLetters();
      case 'c' -> {
        set.addRange(0, 0x1f);
        set.add(0x7f);
      }
      case 'd' -> set.addRange('0', '9');
      case 'l' -> set.addRange('a', 'z');
      case 'p' -> {
        set.addRange('!', '/');
        set.addRange(':', '@');
        set.addRange('[', '`');
        set.addRange('{', '~');
      }
      case 's' -> {
        set.addRange('\t', '\r');
        set.add(' ');
      }
      case 'u' -> set.addRange('A', 'Z');
      case 'w' -> {
        set.addLetters();
        set.addRange('0', '9');
      }
      case 'x' -> {
        set.addRange('0', '9');
        set.addRange('a', 'f');
        set.addRange('A', 'F');
      }
      case 'z' -> set.add(0);
      default -> {
        return of(letter);
      }
    }
    return letter == lower ? set : set.others();
  }

  private void addLetters() {
    addRange('a', 'z');
    addRange('A', 'Z');
  }

  /** Adds a byte. */
  void add(int c) {
    words[c >> 6] |= 1L << c;
  }

  /** Adds a range of bytes, both ends included. */
  void addRange(int first, int last) {
    for (int c = first; c <= last; c++) {
      add(c);
    }
  }

  /** Adds the bytes of another set. */
  void add(ByteSet other) {
    for (int i = 0; i < words.length; i++) {
      words[i] |= other.words[i];
    }
  }

  /** Returns the complement. */
  ByteSet others() {
    ByteSet result = new ByteSet();
    for (int i = 0; i < words.length; i++) {
      result.words[i] = ~words[i];
    }
    return result;
  }

  /** Returns true if the set contains a byte, 0 to 255. */
  boolean has(int c) {
    return (words[c >> 6] >>> c & 1) != 0;
  }
}
