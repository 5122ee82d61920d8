using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Rallypoint
{
    /// <summary>
    /// Reads JSON, since the package depends on nothing that would: objects as <see cref="JsonObject"/>, arrays as
    /// lists, numbers as doubles. Throws <see cref="FormatException"/> for whatever is none.
    /// </summary>
    internal sealed class Json
    {
        /// <summary>What is nested deeper comes from nobody who means well.</summary>
        private const int MaxDepth = 32;

        private readonly string _text;
        private int _at;
        private int _depth;

        private Json(string text)
        {
            _text = text;
        }

        internal static JsonObject ReadObject(string text)
        {
            var reader = new Json(text);
            var value = reader.Value() as JsonObject;
            reader.Blanks();
            if (value == null || reader._at != text.Length)
            {
                throw reader.Malformed();
            }
            return value;
        }

        private object Value()
        {
            Blanks();
            switch (Peek())
            {
                case '{':
                    return Object();
                case '[':
                    return Array();
                case '"':
                    return Text();
                case 't':
                    return Word("true", true);
                case 'f':
                    return Word("false", false);
                case 'n':
                    return Word("null", null);
                default:
                    return Number();
            }
        }

        private JsonObject Object()
        {
            Enter();
            var members = new Dictionary<string, object>();
            if (!Ends('}'))
            {
                do
                {
                    Blanks();
                    string name = Text();
                    Blanks();
                    Expect(':');
                    members[name] = Value();
                }
                while (Continues('}'));
            }
            _depth--;
            return new JsonObject(members);
        }

        private List<object> Array()
        {
            Enter();
            var values = new List<object>();
            if (!Ends(']'))
            {
                do
                {
                    values.Add(Value());
                }
                while (Continues(']'));
            }
            _depth--;
            return values;
        }

        private void Enter()
        {
            _at++;
            if (++_depth > MaxDepth)
            {
                throw Malformed();
            }
        }

        private bool Ends(char end)
        {
            Blanks();
            if (Peek() != end)
            {
                return false;
            }
            _at++;
            return true;
        }

        private bool Continues(char end)
        {
            if (Ends(end))
            {
                return false;
            }
            Expect(',');
            return true;
        }

        private string Text()
        {
            Expect('"');
            int start = _at;
            while (Peek() != '"' && Peek() != '\\')
            {
                _at++;
            }
            if (Peek() == '"')
            {
                return _text.Substring(start, _at++ - start);
            }
            var text = new StringBuilder(_text, start, _at - start, 64);
            char next;
            while ((next = Take()) != '"')
            {
                text.Append(next == '\\' ? Escaped() : next);
            }
            return text.ToString();
        }

        private char Escaped()
        {
            char escaped = Take();
            switch (escaped)
            {
                case 'b':
                    return '\b';
                case 'f':
                    return '\f';
                case 'n':
                    return '\n';
                case 'r':
                    return '\r';
                case 't':
                    return '\t';
                case 'u':
                    return Unit();
                case '"':
                case '\\':
                case '/':
                    return escaped;
                default:
                    throw Malformed();
            }
        }

        private char Unit()
        {
            ushort unit;
            if (_at + 4 > _text.Length ||
                !ushort.TryParse(
                    _text.Substring(_at, 4),
                    NumberStyles.AllowHexSpecifier,
                    CultureInfo.InvariantCulture,
                    out unit))
            {
                throw Malformed();
            }
            _at += 4;
            return (char)unit;
        }

        private object Word(string word, object meaning)
        {
            if (string.CompareOrdinal(_text, _at, word, 0, word.Length) != 0)
            {
                throw Malformed();
            }
            _at += word.Length;
            return meaning;
        }

        private object Number()
        {
            int start = _at;
            while (_at < _text.Length && "+-.0123456789eE".IndexOf(_text[_at]) >= 0)
            {
                _at++;
            }
            double number;
            if (!double.TryParse(
                _text.Substring(start, _at - start),
                NumberStyles.Float,
                CultureInfo.InvariantCulture,
                out number))
            {
                throw Malformed();
            }
            return number;
        }

        private void Expect(char wanted)
        {
            if (Take() != wanted)
            {
                throw Malformed();
            }
        }

        private char Take()
        {
            char next = Peek();
            _at++;
            return next;
        }

        private char Peek()
        {
            if (_at >= _text.Length)
            {
                throw Malformed();
            }
            return _text[_at];
        }

        private void Blanks()
        {
            while (_at < _text.Length && " \t\r\n".IndexOf(_text[_at]) >= 0)
            {
                _at++;
            }
        }

        private FormatException Malformed()
        {
            return new FormatException("No JSON at character " + _at + ".");
        }
    }
}
