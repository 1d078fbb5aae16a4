package io.redoubt.server.script;

import io.redoubt.protocol.bytes.Ascii;
import io.redoubt.protocol.bytes.Doubles;
import io.redoubt.server.memory.Region;
import java.util.Arrays;

/**
 * Reads JSON into Lua values as lua-cjson 2.1 does, with its error messages. It keeps the open
 * arrays and objects on Lua's stack rather than on Java's, so that their depth is limited as in C.
 */
final class JsonDecoder {

  /** The stack slots that an open object needs: itself, a key and a value. */
  private static final int OPEN_SLOTS = 3;

  /** Stands for the byte after the last one. */
  private static final int END = -1;

  /** The most bytes that are searched without a question to the budget. */
  private static final int RUN_BYTES = 1 << 12;

  private final ScriptBudget budget;
  private final ScriptOutput unescaped;

  private long state;
  private int maxDepth;
  private boolean lenient;
  private String expected = "value";
  private long start;
  private long at;
  private long end;

  // For each open array or object: which of them it is, how many values it has so far, and whether
  // they lie on the stack still, without a table.
  private boolean[] objects = new boolean[8];
  private int[] counts = new int[8];
  private boolean[] pending = new boolean[8];
  private int depth;

  JsonDecoder(ScriptBudget budget, ScriptOutput unescaped) {
    this.budget = budget;
    this.unescaped = unescaped;
  }

  /**
   * Pushes the value of a text.
   *
   * @param text a region address; the text stays where it is meanwhile
   * @param mostNested the maximum number of arrays and objects around a value
   * @param takesInvalid accepts hexadecimal numbers, NaN and infinities
   * @throws ScriptBudget.Refused with lua-cjson's message if the text is malformed or too deep
   */
  void decode(long running, long text, long length, int mostNested, boolean takesInvalid) {
    state = running;
    maxDepth = mostNested;
    lenient = takesInvalid;
    start = text;
    end = text + length;
    at = text;
    depth = 0;
    if (length >= 2 && (Region.getByte(text) == 0 || Region.getByte(text + 1) == 0)) {
      throw new ScriptBudget.Refused("JSON parser does not support UTF-16 or UTF-32");
    }
    blank();
    do {
      read();
    } while (depth > 0);
    blank();
    if (peek() != END) {
      throw unexpected("the end");
    }
  }

  /** Reads a value; the arrays and objects that it ends are values, too. */
  private void read() {
    budget.value();
    if (!readValue()) {
      return;
    }
    while (depth > 0) {
      boolean object = objects[depth - 1];
      blank();
      int c = peek();
      add(object, c == ',');
      if (c == ',') {
        at++;
        blank();
        if (object) {
          readKey();
        }
        return;
      }
      if (c != (object ? '}' : ']')) {
        throw unexpected(object ? "comma or object end" : "comma or array end");
      }
      at++;
      depth--;
    }
  }

  /** Adds the value on top to the innermost array or object. */
  private void add(boolean object, boolean more) {
    int count = ++counts[depth - 1];
    if (pending[depth - 1]) {
      if (object) {
        budget.tableOfField(more ? 2 : 1);
      } else if (more && count < ScriptBudget.MAX_PENDING) {
        return;
      } else {
        budget.tableOfElements(count);
      }
      pending[depth - 1] = false;
      return;
    }
    budget.field(count - 1);
    if (object) {
      Lua.rawSet(state, -3);
    } else {
      Lua.rawSet(state, -2, count);
    }
  }

  /** Returns false if it opened an array or object, whose first value comes next. */
  private boolean readValue() {
    expected = "value";
    int c = peek();
    return switch (c) {
      case '"' -> {
        readString();
        yield true;
      }
      case '{' -> {
        open(true);
        if (peek() == '}') {
          close();
          yield true;
        }
        readKey();
        yield false;
      }
      case '[' -> {
        open(false);
        if (peek() == ']') {
          close();
          yield true;
        }
        yield false;
      }
      default -> {
        if (!readWord() && !readNumber(c)) {
          throw unexpected("value");
        }
        yield true;
      }
    };
  }

  private void open(boolean object) {
    if (depth >= maxDepth || Lua.room(state, OPEN_SLOTS) == 0) {
      throw refused("Found too many nested data structures (" + (depth + 1) + ")");
    }
    if (depth == counts.length) {
      objects = Arrays.copyOf(objects, 2 * depth);
      counts = Arrays.copyOf(counts, 2 * depth);
      pending = Arrays.copyOf(pending, 2 * depth);
    }
    objects[depth] = object;
    counts[depth] = 0;
    pending[depth] = budget.mayBePending(depth);
    depth++;
    if (!pending[depth - 1]) {
      budget.pushTable();
    }
    at++;
    blank();
  }

  private void close() {
    at++;
    depth--;
    if (pending[depth]) {
      budget.pushTable();
    }
  }

  private void readKey() {
    expected = "object key string";
    if (peek() != '"') {
      throw unexpected("object key string");
    }
    readString();
    blank();
    if (peek() != ':') {
      throw unexpected("colon");
    }
    at++;
    blank();
  }

  // Strings.

  private void readString() {
    long from = at + 1;
    at = plainEnd(from);
    if (peek() == '"') {
      budget.pushString(from, at - from);
      at++;
      return;
    }
    unescaped.clear();
    while (true) {
      unescaped.put(from, at - from);
      int c = peek();
      if (c == END) {
        throw found("unexpected end of string");
      }
      if (c == '"') {
        at++;
        unescaped.push();
        unescaped.clear();
        return;
      }
      readEscape();
      from = at;
      at = plainEnd(from);
    }
  }

  /** Returns the place of the next quote, backslash or zero byte, or the end. */
  private long plainEnd(long from) {
    long place = from;
    while (place < end) {
      long run = place;
      long pause = Math.min(end, place + RUN_BYTES);
      while (place < pause && isPlain(Region.getUnsignedByte(place))) {
        place++;
      }
      budget.work(place - run);
      if (place < pause) {
        break;
      }
    }
    return place;
  }

  private static boolean isPlain(int c) {
    return c != '"' && c != '\\' && c != 0;
  }

  private void readEscape() {
    int c = byteAt(at + 1);
    if (c == 'u') {
      readCodePoint();
      return;
    }
    int plain =
        switch (c) {
          case '"', '\\', '/' -> c;
          case 'b' -> '\b';
          case 'f' -> '\f';
          case 'n' -> '\n';
          case 'r' -> '\r';
          case 't' -> '\t';
          default -> throw found("invalid escape code");
        };
    unescaped.put(plain);
    at += 2;
  }

  private void readCodePoint() {
    int code = codeUnit(at);
    int length = 6;
    if (code < 0) {
      throw found("invalid unicode escape code");
    }
    if (code >= Character.MIN_SURROGATE && code <= Character.MAX_SURROGATE) {
      int low = codeUnit(at + length);
      if (code >= Character.MIN_LOW_SURROGATE
          || low < Character.MIN_LOW_SURROGATE
          || low > Character.MAX_LOW_SURROGATE) {
        throw found("invalid unicode escape code");
      }
      code = Character.toCodePoint((char) code, (char) low);
      length = 12;
    }
    putUtf8(code);
    at += length;
  }

  /** Returns the number of an escape of the form \\uXXXX, or -1 if there is none. */
  private int codeUnit(long place) {
    if (byteAt(place) != '\\' || byteAt(place + 1) != 'u') {
      return -1;
    }
    int code = 0;
    for (int i = 2; i < 6; i++) {
      int digit = Ascii.hexDigit(byteAt(place + i));
      if (digit < 0) {
        return -1;
      }
      code = (code << 4) | digit;
    }
    return code;
  }

  private void putUtf8(int code) {
    if (code < 0x80) {
      unescaped.put(code);
    } else if (code < 0x800) {
      unescaped.put(0xc0 | (code >> 6));
      unescaped.put(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
      unescaped.put(0xe0 | (code >> 12));
      unescaped.put(0x80 | ((code >> 6) & 0x3f));
      unescaped.put(0x80 | (code & 0x3f));
    } else {
      unescaped.put(0xf0 | (code >> 18));
      unescaped.put(0x80 | ((code >> 12) & 0x3f));
      unescaped.put(0x80 | ((code >> 6) & 0x3f));
      unescaped.put(0x80 | (code & 0x3f));
    }
  }

  // Numbers and words.

  /** Reads a number as strtod(3) does; returns false if there is none. */
  private boolean readNumber(int first) {
    boolean ordinary = first == '-' || Ascii.isDigit(first);
    if (!ordinary && !(lenient && isExtended())) {
      return false;
    }
    if (ordinary && !lenient && isExtended()) {
      throw found("invalid number");
    }
    long from = first == '-' || first == '+' ? at + 1 : at;
    long last = decimalEnd(from);
    if (last > from) {
      if (isHexadecimal(from)) {
        last = hexadecimalEnd(from + 2);
        pushRareNumber(last);
      } else {
        last = exponentEnd(last, 'e');
        pushDecimal(last);
      }
    } else {
      last = namedEnd(from);
      if (last == from) {
        throw found("invalid number");
      }
      pushRareNumber(last);
    }
    at = last;
    return true;
  }

  /** Returns true for the numbers that strtod(3) reads and JSON does not have. */
  private boolean isExtended() {
    if (peek() == '+') {
      return true;
    }
    long from = peek() == '-' ? at + 1 : at;
    if (byteAt(from) == '0') {
      return (byteAt(from + 1) | 0x20) == 'x' || Ascii.isDigit(byteAt(from + 1));
    }
    return isInAnyCase("inf", from) || isInAnyCase("nan", from);
  }

  /** Returns the end of digits with at most one point between them, or the start without digits. */
  private long decimalEnd(long from) {
    long place = digitsEnd(from);
    if (byteAt(place) != '.') {
      return place;
    }
    long last = digitsEnd(place + 1);
    return last - from > 1 ? last : from;
  }

  private long digitsEnd(long from) {
    long place = from;
    while (Ascii.isDigit(byteAt(place))) {
      place++;
      budget.work(1);
    }
    return place;
  }

  private boolean isHexadecimal(long from) {
    if (byteAt(from) != '0' || (byteAt(from + 1) | 0x20) != 'x') {
      return false;
    }
    int point = byteAt(from + 2) == '.' ? 1 : 0;
    return Ascii.hexDigit(byteAt(from + 2 + point)) >= 0;
  }

  private long hexadecimalEnd(long from) {
    long place = from;
    boolean point = false;
    while (Ascii.hexDigit(byteAt(place)) >= 0 || (byteAt(place) == '.' && !point)) {
      point |= byteAt(place) == '.';
      place++;
      budget.work(1);
    }
    return exponentEnd(place, 'p');
  }

  /** Returns the end of an exponent, or the given place if there is none. */
  private long exponentEnd(long from, int letter) {
    if ((byteAt(from) | 0x20) != letter) {
      return from;
    }
    int sign = byteAt(from + 1) == '+' || byteAt(from + 1) == '-' ? 1 : 0;
    long digits = from + 1 + sign;
    long last = digitsEnd(digits);
    return last > digits ? last : from;
  }

  /** Returns the end of the name of an infinity or of NaN, or the given place without one. */
  private long namedEnd(long from) {
    if (isInAnyCase("infinity", from)) {
      return from + 8;
    }
    if (isInAnyCase("inf", from)) {
      return from + 3;
    }
    if (!isInAnyCase("nan", from)) {
      return from;
    }
    long place = from + 3;
    if (byteAt(place) != '(') {
      return place;
    }
    long last = place + 1;
    while (Ascii.isDigit(byteAt(last)) || isLetter(byteAt(last) | 0x20) || byteAt(last) == '_') {
      last++;
      budget.work(1);
    }
    return byteAt(last) == ')' ? last + 1 : place;
  }

  private static boolean isLetter(int lower) {
    return lower >= 'a' && lower <= 'z';
  }

  /** Pushes a decimal number, which {@link Doubles} parses unless its exponent is out of range. */
  private void pushDecimal(long last) {
    double value = Doubles.parseOrNaN(Region.MEMORY, at, (int) (last - at));
    if (Double.isNaN(value)) {
      pushRareNumber(last);
    } else {
      Lua.pushNumber(state, value);
    }
  }

  /** Pushes a number that only Lua's own conversion, which is strtod(3), reads exactly. */
  private void pushRareNumber(long last) {
    budget.pushString(at, last - at);
    double value = Lua.number(state, -1);
    Lua.setTop(state, -2);
    Lua.pushNumber(state, value);
  }

  private boolean readWord() {
    if (isNext("true")) {
      Lua.pushBoolean(state, 1);
      at += 4;
    } else if (isNext("false")) {
      Lua.pushBoolean(state, 0);
      at += 5;
    } else if (isNext("null")) {
      Lua.pushAddress(state, 0);
      at += 4;
    } else {
      return false;
    }
    return true;
  }

  private boolean isNext(String word) {
    return isWord(word, at, 0);
  }

  private boolean isInAnyCase(String word, long place) {
    return isWord(word, place, 0x20);
  }

  private boolean isWord(String word, long place, int ignoredBits) {
    for (int i = 0; i < word.length(); i++) {
      if ((byteAt(place + i) | ignoredBits) != word.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  // Places and errors.

  private void blank() {
    while (at < end) {
      int c = Region.getByte(at);
      if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
        return;
      }
      at++;
      budget.work(1);
    }
  }

  /** Returns the next byte, or END; a zero byte is the end, too, as in C. */
  private int peek() {
    int c = byteAt(at);
    return c == 0 ? END : c;
  }

  /** Returns a byte, or END after the last one. */
  private int byteAt(long place) {
    return place < end ? Region.getUnsignedByte(place) : END;
  }

  /** Makes an error of the next token, which is not the one that must follow. */
  private ScriptBudget.Refused unexpected(String wanted) {
    long token = at;
    expected = wanted;
    String found = tokenName();
    at = token;
    return found(found);
  }

  /** Makes an error of a token at the current place. */
  private ScriptBudget.Refused found(String token) {
    return refused("Expected " + expected + " but found " + token);
  }

  private ScriptBudget.Refused refused(String message) {
    return new ScriptBudget.Refused(message + " at character " + (at - start + 1));
  }

  /** Returns cjson's name of the next token; a malformed one ends the work with its own error. */
  private String tokenName() {
    int c = peek();
    return switch (c) {
      case END -> "T_END";
      case '{' -> "T_OBJ_BEGIN";
      case '}' -> "T_OBJ_END";
      case '[' -> "T_ARR_BEGIN";
      case ']' -> "T_ARR_END";
      case ',' -> "T_COMMA";
      case ':' -> "T_COLON";
      case '"' -> {
        readString();
        yield "T_STRING";
      }
      default -> {
        if (isNext("null")) {
          yield "T_NULL";
        }
        if (readWord()) {
          yield "T_BOOLEAN";
        }
        yield readNumber(c) ? "T_NUMBER" : "invalid token";
      }
    };
  }
}
