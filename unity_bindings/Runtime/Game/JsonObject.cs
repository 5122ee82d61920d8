using System.Collections.Generic;
using System.Globalization;

namespace Rallypoint
{
    /// <summary>An object out of JSON. What is missing, or of another type, is 0, false, empty or null.</summary>
    internal sealed class JsonObject
    {
        private readonly Dictionary<string, object> _members;

        internal JsonObject(Dictionary<string, object> members)
        {
            _members = members;
        }

        internal string Text(string name)
        {
            return Find(name) as string ?? "";
        }

        internal bool Truth(string name)
        {
            return Find(name) as bool? ?? false;
        }

        internal bool? Choice(string name)
        {
            return Find(name) as bool?;
        }

        internal double Number(string name)
        {
            return Find(name) as double? ?? 0;
        }

        internal float Fraction(string name)
        {
            return (float)Number(name);
        }

        internal int Count(string name)
        {
            return (int)Whole(name, int.MaxValue);
        }

        /// <summary>An id: a number, or one written as a text.</summary>
        internal long Id(string name)
        {
            long id;
            return long.TryParse(Text(name), NumberStyles.None, CultureInfo.InvariantCulture, out id)
                ? id
                : Whole(name, 1L << 53);
        }

        internal JsonObject Object(string name)
        {
            return Find(name) as JsonObject ?? new JsonObject(new Dictionary<string, object>());
        }

        internal IEnumerable<JsonObject> Objects(string name)
        {
            foreach (object each in Find(name) as List<object> ?? new List<object>())
            {
                var found = each as JsonObject;
                if (found != null)
                {
                    yield return found;
                }
            }
        }

        internal bool Has(string name)
        {
            return Find(name) != null;
        }

        private long Whole(string name, long largest)
        {
            double number = Number(name);
            return number >= -largest && number <= largest ? (long)number : 0;
        }

        private object Find(string name)
        {
            object value;
            return _members.TryGetValue(name, out value) ? value : null;
        }
    }
}
